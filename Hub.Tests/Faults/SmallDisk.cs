using System.Diagnostics;
using Realtime.Tests.Support;

namespace Realtime.Tests.Faults;

/// <summary>A file system of a few megabytes in memory, to be filled to the last byte.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly string[] _sudo;

    private SmallDisk(string path, string[] sudo) => (Path, _sudo) = (path, sudo);

    public string Path { get; }

    private string Ballast => System.IO.Path.Combine(Path, "ballast");

    /// <summary>Mounts one, as root or with sudo. The test cannot run on a machine that allows no mounts (most containers).</summary>
    public static async Task<SmallDisk> MountAsync(int megabytes)
    {
        var path = Directory.CreateTempSubdirectory("hub-disk-").FullName;
        string[] mount = ["mount", "-t", "tmpfs", "-o", $"size={megabytes}m,mode=777", "tmpfs", path];
        foreach (string[] sudo in new string[][] { [], ["sudo", "-n"] })
        {
            string[] command = [.. sudo, .. mount];
            if (await Commands.SucceedsAsync(command[0], command[1..])) return new SmallDisk(path, sudo);
        }
        Directory.Delete(path);
        Requires.Lacks("this user may not mount a file system");
        throw new UnreachableException();
    }

    /// <summary>Takes all the remaining space, in ever smaller pieces, so that it is fast enough while the server also writes.</summary>
    public Task FillAsync()
    {
        using var file = File.OpenHandle(Ballast, FileMode.Create, FileAccess.Write);
        var position = 0L;
        for (var piece = 1 << 20; piece >= 1024; piece /= 4)
        {
            try
            {
                for (var bytes = new byte[piece]; ; position += piece) RandomAccess.Write(file, bytes, position);
            }
            catch (IOException)
            {
                position = RandomAccess.GetLength(file);   // part of the piece may have been written
            }
        }
        return Task.CompletedTask;
    }

    public Task MakeRoomAsync()
    {
        File.Delete(Ballast);
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        string[] command = [.. _sudo, "umount", Path];
        await Commands.RunAsync(Requires.Command(command[0]), command[1..]);
        Directory.Delete(Path);
    }
}
