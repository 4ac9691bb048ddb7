using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace Realtime.Server.Publishing;

/// <summary>A private file that is removed when it is closed, also after a crash.</summary>
internal static class TemporaryFile
{
    public static SafeFileHandle Open()
    {
        var path = Path.Combine(Path.GetTempPath(), $"realtime-{Guid.NewGuid():N}");
        var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(handle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            // Without a name, the file lives until it is closed, however the process ends.
            File.Delete(path);
        }
        return handle;
    }
}

/// <summary>
/// Stops the start if no temporary file can be created: batches whose clients read the answers late would be ended midway.
/// </summary>
internal sealed class TemporaryFileValidator : IValidateOptions<PublishOptions>
{
    public ValidateOptionsResult Validate(string? name, PublishOptions options)
    {
        try
        {
            TemporaryFile.Open().Dispose();
            return ValidateOptionsResult.Success;
        }
        catch (Exception cannot) when (cannot is IOException or UnauthorizedAccessException)
        {
            return ValidateOptionsResult.Fail(
                $"No file can be made in the folder for temporary files, {Path.GetTempPath()}: {cannot.Message} Make it writable, or set "
                + "TMPDIR to one that is.");
        }
    }
}
