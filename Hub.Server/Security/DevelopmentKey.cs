using System.Security.Cryptography;
using System.Text;

namespace Realtime.Server.Security;

/// <summary>The signing key of a development server that was given none: made at the first start, kept beside the data.</summary>
internal static class DevelopmentKey
{
    public const string FileName = "signing-key";

    private const int KeyBytes = 48;

    /// <summary>The key's text. Servers that start at the same moment on one folder end up with the same one.</summary>
    /// <exception cref="KeyUnusableException">The file cannot be made or read, or holds something else.</exception>
    public static string ReadOrMake(string folder, string fileName = FileName)
    {
        var file = Path.Combine(folder, fileName);
        try
        {
            Directory.CreateDirectory(folder);
            if (!File.Exists(file)) Make(folder, file);
            var text = File.ReadAllText(file).Trim();
            return text.Length >= KeyBytes ? text : throw new KeyUnusableException($"'{file}' is no signing key: delete it, and a new one is made.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new KeyUnusableException(
                $"The signing key '{file}' cannot be made or read: {exception.Message} Let this user write there, name another folder "
                + "(Hub:DataPath), or give the server a key (Hub:Auth:SigningKey).", exception);
        }
    }

    private static void Make(string folder, string file)
    {
        // Written aside, complete and on disk before it gets its name: no server ever reads half a key, and the first one wins.
        var draft = Path.Combine(folder, $".{FileName}-{Guid.NewGuid():N}");
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
