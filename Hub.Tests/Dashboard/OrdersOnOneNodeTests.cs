namespace Realtime.Tests.Dashboard;

/// <summary>The hub is one server in Development: a visitor picks a user.</summary>
internal sealed class OrdersOnOneNodeTests : OrdersContract
{
    protected override Task SignInAsync(DashboardPage page, string customer) => page.SignInAsync(customer);
}
