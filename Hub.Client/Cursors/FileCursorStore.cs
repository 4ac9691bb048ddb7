using Realtime.Client.Cursors;

namespace Realtime.Client;

/// <summary>Keeps positions in a folder, one small file for each user at each server.</summary>
/// <remarks>
/// The store writes a position to a temporary file, flushes it to the disk and then renames it in one step. The previous file stays as
/// <c>*.previous</c> and is used if the newer one is torn. Two programs that read for the same user need a folder each; otherwise, the last
/// one to save decides for both.
/// </remarks>
/// <param name="folder">Created when the first position is saved. Does not need to be private: a cursor grants no access.</param>
public sealed class FileCursorStore(string folder) : ICursorStore
{
    private readonly string _folder = !string.IsNullOrWhiteSpace(folder)
        ? Path.GetFullPath(folder)
        : throw new ArgumentException("The folder is empty: name the one in which cursors are to be kept.", nameof(folder));

    /// <inheritdoc/>
    public async ValueTask<string?> LoadAsync(CursorKey key, CancellationToken cancel) =>
        await ReadAsync(key, PathOf(key), cancel).ConfigureAwait(false)
        ?? await ReadAsync(key, PreviousOf(key), cancel).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask SaveAsync(CursorKey key, string cursor, CancellationToken cancel)
    {
        ArgumentException.ThrowIfNullOrEmpty(cursor);
        // A flush may take long on a slow disk; do not block the caller's thread.
        await Task.Run(() => Save(key, cursor), cancel).ConfigureAwait(false);
    }

    private void Save(CursorKey key, string cursor)
    {
        Directory.CreateDirectory(_folder);
        var (path, previous) = (PathOf(key), PreviousOf(key));
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                file.Write(CursorFile.Write(key, cursor));
                file.Flush(flushToDisk: true);
            }

            // At every moment, a complete file exists under one of the two names.
            if (File.Exists(path)) File.Replace(temporary, path, previous);
            else File.Move(temporary, path);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static async ValueTask<string?> ReadAsync(CursorKey key, string path, CancellationToken cancel)
    {
        try
        {
            using var file = new FileStream(
                path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 4096, useAsync: true);
            if (file.Length > CursorFile.MaxBytes) return null;
            var bytes = new byte[file.Length];
            var count = await file.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancel).ConfigureAwait(false);
            return CursorFile.Read(key, bytes.AsSpan(0, count));
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private string PathOf(CursorKey key) => Path.Combine(_folder, CursorFile.NameOf(key) + ".cursor");

    private string PreviousOf(CursorKey key) => PathOf(key) + ".previous";
}
