using Realtime.Tests.Support;

namespace Realtime.Tests.Operations;

/// <summary>
/// <c>/health/live</c> and <c>/health/ready</c>; <see cref="DrainTests"/> and <see cref="DamagedStoreTests"/> test how they change.
/// </summary>
internal sealed class HealthTests : ContractTests
{
    [TestCase("/health/live")]
    [TestCase("/health/ready")]
    public async Task Health_needs_no_token_and_knows_two_methods(string target, CancellationToken cancel)
    {
        Assert.That((await GetAsync(target, null, cancel)).Status, Is.EqualTo(200));
        Assert.That((await GetAsync(target, "nonsense", cancel)).Status, Is.EqualTo(200), "whatever else is sent");
        Assert.That((await SendAsync("HEAD", target, null, null, cancel)).Status, Is.EqualTo(200));
        (await SendAsync("POST", target, null, "", cancel)).IsProblem(405);
    }
}
