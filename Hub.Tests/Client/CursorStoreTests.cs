using Realtime.Client;
using Realtime.Client.Cursors;

namespace Realtime.Tests.Client;

/// <summary>What every cursor store does.</summary>
[CancelAfter(30_000)]
internal abstract class CursorStoreContract
{
    protected static CursorKey Alice { get; } = new("https://hub.example/", "alice");

    protected abstract ICursorStore Store { get; }

    [Test]
    public async Task What_was_saved_last_is_loaded(CancellationToken cancel)
    {
        Assert.That(await Store.LoadAsync(Alice, cancel), Is.Null);
        foreach (var cursor in new[] { "1abc", "1def", "1ghi" })
        {
            await Store.SaveAsync(Alice, cursor, cancel);
            Assert.That(await Store.LoadAsync(Alice, cancel), Is.EqualTo(cursor));
        }
    }

    [Test]
    public async Task Nobody_gets_another_users_or_servers_cursor(CancellationToken cancel)
    {
        CursorKey[] keys = [Alice, Alice with { User = "Alice" }, Alice with { Server = "https://other.example/" },
            new("https://hub.example/a", "lice"), new("", "../../x\0y")];
        foreach (var key in keys) await Store.SaveAsync(key, $"1{key.Server.Length}{key.User}", cancel);
        foreach (var key in keys) Assert.That(await Store.LoadAsync(key, cancel), Is.EqualTo($"1{key.Server.Length}{key.User}"));
        Assert.That(await Store.LoadAsync(Alice with { User = "bob" }, cancel), Is.Null);
    }
}

internal sealed class MemoryCursorStoreTests : CursorStoreContract
{
    private MemoryCursorStore _store = null!;

    protected override ICursorStore Store => _store;

    [SetUp]
    public void Forget() => _store = new MemoryCursorStore();
}

internal sealed class FileCursorStoreTests : CursorStoreContract
{
    private string _folder = null!;
    private FileCursorStore _store = null!;

    protected override ICursorStore Store => _store;

    private string Current => Directory.GetFiles(_folder, "*.cursor").Single();

    [SetUp]
    public void MakeFolder()
    {
        _folder = Path.Combine(Directory.CreateTempSubdirectory("cursor-test-").FullName, "below");
        _store = new FileCursorStore(_folder);
    }

    [TearDown]
    public void DeleteFolder() => Directory.Delete(Path.GetDirectoryName(_folder)!, recursive: true);

    [Test]
    public async Task A_torn_file_falls_back_to_the_one_before(CancellationToken cancel)
    {
        await SaveTwiceAsync(cancel);
        var whole = await File.ReadAllBytesAsync(Current, cancel);
        for (var length = 0; length < whole.Length; length++)
        {
            await File.WriteAllBytesAsync(Current, whole[..length], cancel);
            Assert.That(await _store.LoadAsync(Alice, cancel), Is.EqualTo("1before"), $"torn after {length} bytes");
        }
    }

    [Test]
    public async Task A_file_with_one_wrong_bit_falls_back_to_the_one_before(CancellationToken cancel)
    {
        await SaveTwiceAsync(cancel);
        var whole = await File.ReadAllBytesAsync(Current, cancel);
        for (var at = 0; at < whole.Length; at++)
        {
            whole[at] ^= 4;
            await File.WriteAllBytesAsync(Current, whole, cancel);
            Assert.That(await _store.LoadAsync(Alice, cancel), Is.EqualTo("1before"), $"bit flipped in byte {at}");
            whole[at] ^= 4;
        }
    }

    [Test]
    public async Task A_file_that_vanished_or_is_far_too_long_falls_back_too(CancellationToken cancel)
    {
        await SaveTwiceAsync(cancel);
        await File.WriteAllBytesAsync(Current, new byte[CursorFile.MaxBytes + 1], cancel);
        Assert.That(await _store.LoadAsync(Alice, cancel), Is.EqualTo("1before"));
        File.Delete(Current);
        Assert.That(await _store.LoadAsync(Alice, cancel), Is.EqualTo("1before"));
    }

    [Test]
    public async Task Two_bad_files_are_no_cursor_and_the_next_save_mends_that(CancellationToken cancel)
    {
        await SaveTwiceAsync(cancel);
        foreach (var file in Directory.GetFiles(_folder)) await File.WriteAllTextAsync(file, "garbage", cancel);
        Assert.That(await _store.LoadAsync(Alice, cancel), Is.Null);
        await _store.SaveAsync(Alice, "1new", cancel);
        Assert.That(await _store.LoadAsync(Alice, cancel), Is.EqualTo("1new"));
    }

    [Test]
    public async Task A_file_of_another_user_in_its_place_is_not_used(CancellationToken cancel)
    {
        var bob = Alice with { User = "bob" };
        await _store.SaveAsync(Alice, "1alice", cancel);
        File.Move(Current, Path.Combine(_folder, CursorFile.NameOf(bob) + ".cursor"));
        Assert.That(await _store.LoadAsync(bob, cancel), Is.Null);
    }

    [Test]
    public async Task Nothing_but_the_newest_and_the_one_before_stays(CancellationToken cancel)
    {
        for (var n = 0; n < 20; n++) await _store.SaveAsync(Alice, $"1{n}", cancel);
        Assert.That(Directory.GetFiles(_folder).Select(Path.GetExtension), Is.EquivalentTo([".cursor", ".previous"]));
    }

    [Test]
    public void A_folder_that_cannot_be_made_is_an_error_that_names_it()
    {
        File.WriteAllText(_folder, "in the way");
        Assert.That(
            async () => await _store.SaveAsync(Alice, "1a", default), Throws.InstanceOf<IOException>().With.Message.Contains(_folder));
        Assert.That(() => new FileCursorStore(" "), Throws.ArgumentException.With.Message.Contains("folder"));
    }

    private async Task SaveTwiceAsync(CancellationToken cancel)
    {
        await _store.SaveAsync(Alice, "1before", cancel);
        await _store.SaveAsync(Alice, "1now", cancel);
    }
}
