using System.Security.Cryptography;
using System.Text;

namespace Realtime.Server.Security;

/// <summary>A key that a server without Redis makes itself when it is first needed, and keeps in a file next to the data.</summary>
/// <param name="Name">The file's name in the data folder.</param>
/// <param name="What">The key's name in messages.</param>
/// <param name="Instead">An alternative to fixing the file, for messages.</param>
internal sealed record KeyFile(string Name, string What, string Instead = "")
{
    /// <summary>The key with which a development server signs tokens if no key is configured.</summary>
    public static readonly KeyFile Signing = new("signing-key", "signing key", ", or give the server a key (Hub:Auth:SigningKey)");

    private const int KeyBytes = 48;

    /// <summary>The data folder: <c>Hub:DataPath</c>.</summary>
    public static string Folder(IConfiguration configuration, IHostEnvironment environment) =>
        Path.Combine(environment.ContentRootPath, configuration["Hub:DataPath"] ?? "data");

    /// <summary>The key's text. Servers that start at the same moment in one folder get the same key.</summary>
    /// <exception cref="KeyUnusableException">The file cannot be made or read, or does not hold a key.</exception>
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
        // The key is written to a draft and flushed to disk before the rename. So no server reads half a key, and the first one wins.
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
            // Another server was faster: use its key.
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
