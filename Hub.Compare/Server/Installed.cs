using System.Net.Sockets;

namespace Realtime.Compare.Server;

/// <summary>Programs that are installed with the operating system.</summary>
internal static class Installed
{
    // Debian installs servers in folders that are not on the PATH of an ordinary user.
    private static readonly string[] ServerFolders = ["/usr/sbin", "/usr/local/sbin", "/sbin"];

    /// <returns>The full paths, in the same order.</returns>
    /// <exception cref="InvalidOperationException">Some are missing; the message names them and says how to install them.</exception>
    public static IReadOnlyList<string> Find(params string[] names)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Concat(ServerFolders).ToList();
        var paths = names.Select(name => folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists)).ToList();
        var missing = string.Join(" ", names.Where((_, n) => paths[n] is null));
        if (missing.Length > 0)
            throw new InvalidOperationException(
                $"--nodes needs what is not installed: {missing}. On Debian and Ubuntu: apt-get install {missing}; or put its folder into "
                + "PATH.");
        return paths!;
    }

    /// <summary>Whether an address accepts connections.</summary>
    public static async Task<bool> AcceptsAsync(Uri address, CancellationToken cancel)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(address.Host, address.Port, cancel);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
