using System.Diagnostics;
using Commerce.Cli.Clusters;
using Commerce.Cli.Output;
using Commerce.Cli.Shops;
using Commerce.Silo.Journal;

namespace Commerce.Cli.Tests;

/// <summary>Which process is told to stop, and which never; that a shop stops is in System.Tests.</summary>
public sealed class DownTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("commerce-test-").FullName;
    private readonly Process _stranger = Process.Start("sleep", "1000");

    public void Dispose()
    {
        if (!_stranger.HasExited) _stranger.Kill();
        _stranger.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Where_nothing_runs_there_is_nothing_to_stop()
    {
        (await Down(_folder)).ShouldBe(ExitCode.Ok);
        (await Down(Path.Combine(_folder, "none"))).ShouldBe(ExitCode.Ok);
        Directory.EnumerateFileSystemEntries(_folder).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_a_held_folder_notes_is_told_to_stop()
    {
        using var held = Noting(IdentityOf(_stranger));

        (await Down(_folder)).ShouldBe(ExitCode.Ok);
        await _stranger.WaitForExitAsync(TestContext.Current.CancellationToken);
        _stranger.ExitCode.ShouldBe(128 + Signals.Terminate);
    }

    [Fact]
    public async Task A_number_that_another_program_has_by_now_is_left_alone()
    {
        using var held = Noting($"{_stranger.Id} 1 {IdentityOf(_stranger).Split(' ')[2]}");

        (await Down(_folder)).ShouldBe(ExitCode.Missing);
        _stranger.HasExited.ShouldBeFalse();
    }

    [Fact]
    public async Task A_copy_of_a_running_shop_s_folder_does_not_stop_that_shop()
    {
        Noting(IdentityOf(_stranger)).Dispose();

        (await Down(_folder)).ShouldBe(ExitCode.Ok);
        _stranger.HasExited.ShouldBeFalse();
    }

    [Fact]
    public async Task The_address_that_a_killed_shop_left_is_forgotten()
    {
        using (var held = DataFolder.Open(_folder)) UpProcess.Note(held, "http://127.0.0.1:5080");

        (await Down(_folder)).ShouldBe(ExitCode.Ok);

        File.Exists(Path.Combine(_folder, ShopAddress.UrlFile)).ShouldBeFalse();
    }

    [Fact]
    public async Task What_a_killed_cluster_left_is_ended()
    {
        var folder = new ClusterFolder(_folder);
        folder.Make();
        File.WriteAllText(folder.PidOf("silo-1"), IdentityOf(_stranger));

        (await Down(_folder)).ShouldBe(ExitCode.Ok);
        await _stranger.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Up_notes_itself()
    {
        using var held = DataFolder.Open(_folder);

        UpProcess.Note(held, "http://127.0.0.1:5080");

        using var noted = ProcessIdentity.Find(UpProcess.In(_folder));
        noted.ShouldNotBeNull().Id.ShouldBe(Environment.ProcessId);
    }

    private static Task<int> Down(string folder) => CommandLine.Run(["down", "--data", folder]);

    private DataFolder Noting(string identity)
    {
        var held = DataFolder.Open(_folder);
        File.WriteAllText(Path.Combine(_folder, "up.pid"), identity);
        return held;
    }

    private static string IdentityOf(Process process) =>
        $"{process.Id} {File.ReadAllText($"/proc/{process.Id}/stat").Split(' ')[21]} {File.ReadAllText("/proc/sys/kernel/random/boot_id")}";
}
