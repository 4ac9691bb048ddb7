using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Realtime.Server.Security.Sessions;
using Realtime.Tests.Support;

namespace Realtime.Tests.Security;

/// <summary>
/// The keys of session cookies: shared by all processes on one store, created in time, and read again no more often than the store can
/// bear.
/// </summary>
[CancelAfter(60_000)]
internal sealed class SessionKeyRingTests
{
    private static readonly byte[] Text = Encoding.UTF8.GetBytes("text");

    private ManualTime _time = null!;
    private MemoryStore _store = null!;
    private string _folder = null!;

    private string DataPath => Path.Combine(_folder, "data");

    [SetUp]
    public void Start() => (_time, _store, _folder) = (new(), new(), Directory.CreateTempSubdirectory("hub-test-").FullName);

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task In_files_they_outlive_the_server_and_only_their_owner_can_read_them(CancellationToken cancel)
    {
        var cookie = (await KeysAsync(RingOfFiles(), cancel)).Encrypt(Text);
        Assert.That((await KeysAsync(RingOfFiles(), cancel)).Decrypt(cookie), Is.EqualTo(Text));
        var folder = new DirectoryInfo(Path.Combine(DataPath, SessionKeyFiles.Folder));
        Assert.That(folder.GetFiles(), Has.Length.EqualTo(1));
        if (OperatingSystem.IsWindows()) return;
        Assert.That(folder.UnixFileMode, Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
        Assert.That(folder.GetFiles().Single().UnixFileMode, Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Test]
    public async Task Files_that_cannot_be_made_are_told_and_made_once_their_folder_is_mended(CancellationToken cancel)
    {
        File.WriteAllText(DataPath, "in the way");
        var log = new Lines();
        var ring = RingOfFiles(log);
        Assert.That(await ring.FindAsync(null, cancel), Is.Null);
        Assert.That(log, Has.One.Contains("session keys").And.One.Contains("Hub:DataPath"));
        File.Delete(DataPath);
        var found = ring.FindAsync(null, cancel).AsTask();
        await PassTimeUntilAsync(found, cancel);
        Assert.That(await found, Is.Not.Null);
        Assert.That(log, Has.Some.Contains("can be used again"));
    }

    [Test]
    public async Task A_file_that_is_no_key_is_told_with_what_to_do(CancellationToken cancel)
    {
        var folder = Directory.CreateDirectory(Path.Combine(DataPath, SessionKeyFiles.Folder));
        File.WriteAllText(Path.Combine(folder.FullName, "key-1.xml"), "secret no xml");
        var log = new Lines();
        Assert.That(await RingOfFiles(log).FindAsync(null, cancel), Is.Null);
        Assert.That(log, Has.One.Contains("is no session key: delete it").And.None.Contains("secret"));
    }

    [Test]
    public async Task Nodes_that_find_none_at_the_same_moment_make_one(CancellationToken cancel)
    {
        var keys = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => KeysAsync(Ring(time: TimeProvider.System), cancel)));
        Assert.That(_store.GetAllElements(), Has.Count.EqualTo(1));
        Assert.That(keys[0].Decrypt(keys[7].Encrypt(Text)), Is.EqualTo(Text));
    }

    [TestCase(2, TestName = "A_key_that_soon_expires_is_followed_by_another_one_in_time")]
    [TestCase(-1, TestName = "A_key_that_has_expired_is_followed_by_another_one_and_still_reads")]
    public async Task A_key_is_followed(int expiresInDays)
    {
        var (cancel, now) = (TestContext.CurrentContext.CancellationToken, TimeProvider.System.GetUtcNow());
        var old = Make(now.AddDays(-80), now.AddDays(expiresInDays));
        var fresh = new XElement(old);
        fresh.SetElementValue("expirationDate", now.AddDays(80));
        var cookie = new SessionKeys([fresh], 0).Encrypt(Text);
        var (one, two) = (await KeysAsync(Ring(), cancel), await KeysAsync(Ring(), cancel));
        Assert.That(_store.GetAllElements(), Has.Count.EqualTo(2));
        Assert.That(one.Decrypt(cookie), Is.EqualTo(Text));
        Assert.That(one.Decrypt(two.Encrypt(Text)), Is.EqualTo(Text));
        var next = _store.GetAllElements().Last();
        Assert.That(SessionKeys.IdIn(one.Encrypt(Text)), Is.EqualTo((Guid)(expiresInDays < 0 ? next : old).Attribute("id")!));
        Assert.That((DateTimeOffset)next.Element("activationDate")!, Is.LessThanOrEqualTo(now.AddDays(Math.Max(expiresInDays, 1))));
        Assert.That((DateTimeOffset)next.Element("expirationDate")!, Is.EqualTo(now.AddDays(90)).Within(TimeSpan.FromMinutes(5)));
    }

    [Test]
    public async Task Keys_are_read_again_once_an_hour_and_nobody_waits_for_that(CancellationToken cancel)
    {
        var ring = Ring();
        await KeysAsync(ring, cancel);
        _time.Advance(SessionKeyRing.MaxAge);
        Assert.That(ring.FindAsync(null, cancel).AsTask().IsCompleted);
        var before = _store.Reads;
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.That(ring.FindAsync(null, cancel).AsTask().IsCompleted);
        await Eventually.True("they are read", () => _store.Reads > before, cancel);
    }

    [Test]
    public async Task A_cookie_by_a_key_that_another_node_has_just_made_is_read(CancellationToken cancel)
    {
        var ring = Ring();
        await KeysAsync(ring, cancel);
        var made = Make(TimeProvider.System.GetUtcNow(), TimeProvider.System.GetUtcNow().AddDays(90));
        var id = (Guid)made.Attribute("id")!;
        _time.Advance(SessionKeyRing.LeastInterval);
        Assert.That((await ring.FindAsync(id, cancel))!.Contain(id));
    }

    [Test]
    public async Task Cookies_that_name_no_key_cause_one_reading_a_second(CancellationToken cancel)
    {
        var ring = Ring();
        var keys = await KeysAsync(ring, cancel);
        var before = _store.Reads;
        var asked = Enumerable.Range(0, 1_000).Select(_ => ring.FindAsync(Guid.NewGuid(), cancel).AsTask()).ToList();
        Assert.That(ring.FindAsync(null, cancel).AsTask().IsCompleted, "nobody else waits");
        await PassTimeUntilAsync(Task.WhenAll(asked), cancel);
        foreach (var answer in await Task.WhenAll(asked)) Assert.That(answer, Is.Not.Null);
        Assert.That(_store.Reads - before, Is.EqualTo(1));
        var forged = keys.Encrypt(Text);
        forged[^1]++;
        Assert.That(() => keys.Decrypt(forged), Throws.InstanceOf<CryptographicException>());
        Assert.That(SessionKeys.IdIn(forged.AsSpan(1)), Is.Null);
    }

    // In steps, because the next read sets its timer on a thread of its own.
    private Task PassTimeUntilAsync(Task done, CancellationToken cancel) => Eventually.True("the keys are read again", () =>
    {
        _time.Advance(TimeSpan.FromMilliseconds(20));
        return done.IsCompleted;
    }, cancel);

    private SessionKeyRing RingOfFiles(Lines? log = null) => Ring(log, new SessionKeyFiles(
        new ConfigurationBuilder().AddInMemoryCollection([new("Hub:DataPath", "data")])
        .Build(), new HostingEnvironment { ContentRootPath = _folder }));

    private SessionKeyRing Ring(Lines? log = null, ISessionKeyStore? store = null, TimeProvider? time = null) =>
        new(store ?? _store, time ?? _time, log ?? (ILogger<SessionKeyRing>)NullLogger<SessionKeyRing>.Instance);

    private static async Task<SessionKeys> KeysAsync(SessionKeyRing ring, CancellationToken cancel) =>
        await ring.FindAsync(null, cancel) ?? throw new AssertionException("There are no keys.");

    /// <summary>A key as an older node would have left it.</summary>
    private XElement Make(DateTimeOffset activates, DateTimeOffset expires)
    {
        var services = new ServiceCollection();
        services.AddDataProtection().AddKeyManagementOptions(keys => keys.XmlRepository = _store);
        using var provider = services.BuildServiceProvider();
        provider.GetRequiredService<IKeyManager>().CreateNewKey(activates, expires);
        return _store.GetAllElements().Last();
    }

    /// <summary>What nodes share.</summary>
    private sealed class MemoryStore : ISessionKeyStore, IXmlRepository
    {
        private readonly Lock _gate = new();
        private readonly List<XElement> _elements = [];
        private int _reads;

        public int Reads => Volatile.Read(ref _reads);

        public string WhyNotAdded => "Another node is adding one.";

        public Task<IReadOnlyCollection<XElement>> ReadAsync()
        {
            Interlocked.Increment(ref _reads);
            return Task.FromResult(GetAllElements());
        }

        public Task<bool> TryAddAsync(NewSessionKey key, int known)
        {
            lock (_gate)
            {
                if (_elements.Count != known) return Task.FromResult(false);
                _elements.Add(key.Element);
                return Task.FromResult(true);
            }
        }

        public IReadOnlyCollection<XElement> GetAllElements()
        {
            lock (_gate) return [.. _elements];
        }

        public void StoreElement(XElement element, string friendlyName)
        {
            lock (_gate) _elements.Add(element);
        }
    }

    /// <summary>What was logged.</summary>
    private sealed class Lines : List<string>, ILogger<SessionKeyRing>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Add(formatter(state, exception));
    }
}
