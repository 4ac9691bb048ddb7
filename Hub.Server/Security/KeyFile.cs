using System.Security.Cryptography;
using System.Text;

namespace Realtime.Server.Security;

/// <summary>A key that a server without Redis makes itself, at the first need, and keeps in a file beside the data.</summary>
/// <param name="Name">In the data folder.</param>
/// <param name="What">For messages.</param>
/// <param name="Instead">What else can be done than to mend the file, for messages.</param>
internal sealed record KeyFile(string Name, string What, string Instead = "")
{
    /// <summary>What a development server that was given no key signs tokens with.</summary>
    public static readonly KeyFile Signing = new("signing-key", "signing key", ", or give the server a key (Hub:Auth:SigningKey)");

    private const int KeyBytes = 48;

    /// <summary>Where the data is: <c>Hub:DataPath</c>.</summary>
    public static string Folder(IConfiguration configuration, IHostEnvironment environment) =>
        Path.Combine(environment.ContentRootPath, configuration["Hub:DataPath"] ?? "data");

    /// <summary>The key's text. Servers that start at the same moment on one folder end up with the same one.</summary>
    /// <exception cref="KeyUnusableException">The file cannot be made or read, or holds something else.</exception>
    public string ReadOrMake(IConfiguration configuration, IHostEnvironment environment)
    {
        var folder = Folder(configuration, environment);
        var file = Path.Combine(folder, Name);
        try
        {
            Directory.CreateDirectory(folder);
            if (!File.Exists(file)) Make(folder, file);
            var text = File.ReadAllText(file).Trim();
            return text.Length >= KeyBytes
                ? text
                : throw new KeyUnusableException($"'{file}' is no {What}: delete it, and a new one is made.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new KeyUnusableException(
                $"The {What} '{file}' cannot be made or read: {exception.Message} Let this user write there, or name another folder "
                + $"(Hub:DataPath){Instead}.", exception);
        }
    }

    private void Make(string folder, string file)
    {
        // Written aside, complete and on disk before it gets its name: no server ever reads half a key, and the first one wins.
        var draft = Path.Combine(folder, $".{Name}-{Guid.NewGuid():N}");
        try
        {
            using (var stream = new FileStream(draft, OwnerOnly()))
            {
                stream.Write(Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes))));
                stream.Flush(flushToDisk: true);
            }
            File.Move(draft, file, overwrite: false);
        }
        catch (IOException) when (File.Exists(file))
        {
            // Another server was faster: its key is the key.
        }
        finally
        {
            File.Delete(draft);
        }
    }

    private static FileStreamOptions OwnerOnly()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }
}
