using Realtime.Server.Security.Tokens;

namespace Realtime.Server.Dashboard.Demo;

/// <summary>Whether the demo runs here: as <c>Hub:Demo:Enabled</c> says, and never where another party signs the tokens.</summary>
internal sealed class DemoSwitch(DemoOptions options, IHostEnvironment environment, TokenSigner signer)
{
    public bool IsOn { get; } = (options.Enabled ?? environment.IsDevelopment()) && signer.CanSign;
}
