using System.CommandLine;
using Commerce.Cli.Output;
using Commerce.Cli.Shops;
using Commerce.ServiceDefaults;
using Commerce.Silo.Journal;

namespace Commerce.Cli;

/// <summary><c>commerce clock</c>: how far a shop that runs by a test clock is ahead of the real one, and forward with it.</summary>
internal static class ClockCommand
{
    private static readonly Argument<string> By = new("TIME") { Description = "How far forward, such as 00:30:00, or 1.00:00:00 for a day." };

    public static Command Create()
    {
        var advance = new Command("advance", "Move the clock of a shop forward; when this returns, every process of it has noticed.") { By, ShopAddress.Data, CommandLine.Json };
        advance.SetCommand(async (parsed, cancel) =>
        {
            var file = FileOf(ShopAddress.DataDirOf(parsed));
            if (TestClock.Ahead(file) is null) throw new MissingException("This shop runs by the real clock; start one with './commerce up --test-clock', or name its folder with --data.");
            var text = parsed.GetValue(By)!;
            if (!WrittenTime.TryParse(text, out var by) || by <= TimeSpan.Zero) throw new UsageException($"'{text}' is not a time forward, such as 00:30:00, or 1.00:00:00 for a day.");
            var ahead = TestClock.Advance(file, by);
            await Task.Delay(2 * TestClock.Notice, cancel);
            Answer.Give(parsed.GetValue(CommandLine.Json), new { ok = true, ahead }, [$"{ahead:c} ahead."]);
            return ExitCode.Ok;
        });
        return new Command("clock", "The clock of a shop started with 'up --test-clock'.") { advance };
    }

    /// <summary>
    /// The file of a shop's test clock, in a folder that is held; null when it runs by the real one. A shop whose clock was ahead does not go back: what it has recorded would
    /// lie in the future. One that ran by the real clock is given no other: it could not go back.
    /// </summary>
    public static string? Prepare(string data, bool wanted)
    {
        var (file, ahead) = (FileOf(data), TestClock.Ahead(FileOf(data)));
        if (!wanted) return ahead is null ? null : throw new UsageException($"{data} was run by a test clock that is {ahead:c} ahead; start it with --test-clock, or another folder with --data.");
        TestClock.RefuseInProduction();
        if (ahead is not null) return file;
        if (HasRun(data)) throw new UsageException($"{data} was run by the real clock, and stays with it; start it without --test-clock, or another folder with --data.");
        TestClock.Advance(file, TimeSpan.Zero);
        return file;
    }

    // What a shop in one process and a cluster keep from their first start on.
    private static bool HasRun(string data) => File.Exists(DataFolder.JournalOf(data)) || File.Exists(DataFolder.ConnectionsOf(data));

    /// <summary>Now, by the clock of a shop.</summary>
    public static DateTimeOffset Now(string data) => TimeProvider.System.GetUtcNow() + (TestClock.Ahead(FileOf(data)) ?? TimeSpan.Zero);

    private static string FileOf(string data) => Path.Combine(data, TestClock.FileName);
}
