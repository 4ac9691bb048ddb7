using System.Text;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace Realtime.Server.Security;

/// <summary>The HS256 key that this server shares with whoever makes its tokens, or none if an identity provider signs them.</summary>
internal sealed class TokenKey
{
    public TokenKey(IOptions<AuthOptions> options, IConfiguration configuration, IHostEnvironment environment)
    {
        var auth = options.Value;
        if (auth.Authority is not null) return;
        var text = auth.SigningKey ?? DevelopmentKey.ReadOrMake(DataFolder(configuration, environment));
        Shared = new(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>Null: tokens are signed by <c>Hub:Auth:Authority</c>.</summary>
    public SymmetricSecurityKey? Shared { get; }

    private static string DataFolder(IConfiguration configuration, IHostEnvironment environment) =>
        Path.Combine(environment.ContentRootPath, configuration["Hub:DataPath"] ?? "data");
}
