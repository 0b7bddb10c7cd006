using System.Diagnostics;
using Commerce.Cli.Bench.Sides;

namespace Commerce.Cli.Tests.Bench;

public sealed class ProcessTreeTests
{
    [Fact]
    public void A_programs_name_may_hold_anything() =>
        ProcessTree.Parse(7, "7 (a) b (c 1 2) S 3 0 0 0 -1 0 0 0 0 0 10 20 30 40 20 0 1 0 5").ShouldBe(new ProcessTree.Entry(7, 3, 100));

    [Fact]
    public async Task The_time_of_children_counts_while_they_run_and_when_they_have_ended()
    {
        // The shell waits for its first child, whose time is then in the shell's own books, and lives on with the second.
        const string burn = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done";
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"sh -c '{burn}'; echo done; sh -c '{burn}; echo done; read _'; true"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        await shell.StandardOutput.ReadLineAsync();
        var first = ProcessTree.CpuSeconds(shell.Id);
        await shell.StandardOutput.ReadLineAsync();
        var both = ProcessTree.CpuSeconds(shell.Id);
        await shell.StandardInput.WriteLineAsync();
        await shell.WaitForExitAsync();

        first.ShouldBeGreaterThan(0.02);
        both.ShouldBeGreaterThan(first + 0.02);
    }
}
