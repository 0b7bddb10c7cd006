using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using Commerce.Kernel;
using Commerce.Silo.Journal;
using Commerce.Silo.Secrets;
using Microsoft.Extensions.Logging.Abstractions;

namespace Commerce.Silo.Tests.Secrets;

/// <summary>Personal data is sealed under its subject's own key, and gone with it.</summary>
public sealed class KeyRingTests : IDisposable
{
    private const string Anna = "customer/anna";

    private readonly TemporaryFolder _folder = new();
    private KeyRing _ring;

    public KeyRingTests() => _ring = Open();

    public void Dispose()
    {
        _ring.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_is_sealed_is_opened_again_after_a_restart_too()
    {
        var box = await _ring.Seal(Anna, new Contact("anna@example.org"));
        box.Box.ShouldNotContain("anna@");
        Restart();
        (await _ring.Open(box)).ShouldBe(new Contact("anna@example.org"));
    }

    [Fact]
    public async Task The_same_value_never_looks_the_same_twice() =>
        (await _ring.Seal(Anna, new Contact("a"))).Box.ShouldNotBe((await _ring.Seal(Anna, new Contact("a"))).Box);

    [Fact]
    public async Task A_box_does_not_open_in_anothers_name()
    {
        await _ring.Seal("customer/bob", new Contact("b"));
        var box = await _ring.Seal(Anna, new Contact("a"));
        await Should.ThrowAsync<CryptographicException>(() => _ring.Open(box with { Subject = "customer/bob" }));
    }

    [Fact]
    public async Task A_changed_box_does_not_open()
    {
        var box = await _ring.Seal(Anna, new Contact("a"));
        var bytes = Convert.FromBase64String(box.Box);
        bytes[14] ^= 1;
        await Should.ThrowAsync<CryptographicException>(() => _ring.Open(box with { Box = Convert.ToBase64String(bytes) }));
    }

    [Fact]
    public async Task With_the_key_everything_sealed_under_it_is_gone_and_the_key_never_comes_back()
    {
        var box = await _ring.Seal(Anna, new Contact("a"));
        await _ring.Erase(Anna);
        (await _ring.Open(box)).ShouldBeNull();
        Restart();
        (await _ring.Open(box)).ShouldBeNull();
        await Should.ThrowAsync<KeyDestroyedException>(() => _ring.Seal(Anna, new Contact("a")));
    }

    [Fact]
    public async Task A_subject_erased_before_it_ever_had_a_key_gets_none()
    {
        await _ring.Erase(Anna);
        Restart();
        await Should.ThrowAsync<KeyDestroyedException>(() => _ring.Seal(Anna, new Contact("a")));
    }

    [Fact]
    public async Task A_destroyed_key_is_in_none_of_the_files_any_more()
    {
        await _ring.Seal(Anna, new Contact("a"));
        var wrapped = Rows().ShouldHaveSingleItem();
        await _ring.Erase(Anna);
        _ring.Dispose();
        foreach (var file in Directory.GetFiles(_folder.Path, "keys.db*")) Encoding.Latin1.GetString(File.ReadAllBytes(file)).ShouldNotContain(wrapped);
        _ring = Open();
    }

    [Fact]
    public async Task Many_that_ask_at_once_get_one_key()
    {
        var boxes = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => _ring.Seal(Anna, new Contact($"{i}"))));
        Restart();
        for (var i = 0; i < boxes.Length; i++) (await _ring.Open(boxes[i])).ShouldBe(new Contact($"{i}"));
    }

    [Fact, UnsupportedOSPlatform("windows")]
    public void The_master_key_is_its_owners_only()
    {
        File.GetUnixFileMode(Path.Combine(_folder["secrets"], "master.key")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void A_ring_without_its_master_key_says_the_cure()
    {
        _ring.Dispose();
        File.Delete(Path.Combine(_folder["secrets"], "master.key"));
        Should.Throw<DataFolderException>(Open).Message.ShouldContain("from a backup");
        File.WriteAllText(Path.Combine(_folder["secrets"], "master.key"), Convert.ToBase64String(new byte[32]));
        Should.Throw<DataFolderException>(Open).Message.ShouldContain("does not fit");
    }

    private KeyRing Open() => KeyRing.Open(_folder["keys.db"], _folder["secrets"], NullLogger<KeyRing>.Instance);

    private void Restart()
    {
        _ring.Dispose();
        _ring = Open();
    }

    private List<string> Rows()
    {
        using var session = Commerce.Silo.Journal.Sqlite.SqliteSession.ForReading(_folder["keys.db"]);
        using var rows = session.Use("select wrapped from subject");
        var found = new List<string>();
        while (rows.Step()) found.Add(Encoding.Latin1.GetString(rows.Bytes(0)));
        return found;
    }

    private sealed record Contact(string Email);
}
