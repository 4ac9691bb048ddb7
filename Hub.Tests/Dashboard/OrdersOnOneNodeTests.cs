namespace Realtime.Tests.Dashboard;

/// <summary>Where the hub is one server in Development: a visitor picks whom to be.</summary>
internal sealed class OrdersOnOneNodeTests : OrdersContract
{
    protected override Task SignInAsync(DashboardPage page, string customer) => page.SignInAsync(customer);
}
