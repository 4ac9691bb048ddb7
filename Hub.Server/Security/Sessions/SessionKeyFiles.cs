using System.Xml;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.Logging.Abstractions;

namespace Realtime.Server.Security.Sessions;

/// <summary>One node: the keys of session cookies are files next to the data, which only their owner can read.</summary>
internal sealed class SessionKeyFiles(IConfiguration configuration, IHostEnvironment environment) : ISessionKeyStore
{
    /// <summary>The folder's name in the data folder.</summary>
    public const string Folder = "session-keys";

    private readonly string _folder = Path.Combine(KeyFile.Folder(configuration, environment), Folder);

    public string WhyNotAdded => $"No session key can be added to '{_folder}'.";

    public Task<IReadOnlyCollection<XElement>> ReadAsync() => UseAsync(files => files.GetAllElements());

    public Task<bool> TryAddAsync(NewSessionKey key, int known) => UseAsync(files =>
    {
        files.StoreElement(key.Element, key.Name);
        return true;
    });

    private Task<T> UseAsync<T>(Func<FileSystemXmlRepository, T> use) => Task.Run(() =>
    {
        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(_folder);
            else Directory.CreateDirectory(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return use(new(new(_folder), NullLoggerFactory.Instance));
        }
        catch (XmlException exception)
        {
            throw new KeyUnusableException(
                $"A file in '{_folder}' is no session key: delete it. A new one is made if there is no other.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new KeyUnusableException(
                $"The session keys in '{_folder}' cannot be made or read: {exception.Message} "
                + "Let this user write there, or name another folder (Hub:DataPath).",
                exception);
        }
    });
}
