using Commerce.Cli.Output;
using Commerce.ServiceDefaults;
using Commerce.Silo.Journal;

namespace Commerce.Cli.Tests;

public sealed class ClockCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("commerce-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("24:00:00", ExitCode.WrongUsage, 0)]
    [InlineData("1.00:00:00", ExitCode.Ok, 24)]
    public async Task A_day_forward_is_written_as_a_day(string time, int exit, int hours)
    {
        var clock = ClockCommand.Prepare(_folder, wanted: true)!;

        (await CommandLine.Run(["clock", "advance", time, "--data", _folder])).ShouldBe(exit);
        TestClock.Ahead(clock).ShouldBe(TimeSpan.FromHours(hours));
    }

    [Theory]
    [InlineData("journal.db"), InlineData("connections.json")]
    public void A_shop_that_ran_by_the_real_clock_is_not_given_another(string kept)
    {
        File.WriteAllText(Path.Combine(_folder, kept), "what it has recorded");

        Should.Throw<UsageException>(() => ClockCommand.Prepare(_folder, wanted: true)).Message.ShouldContain("real clock");

        ClockCommand.Prepare(_folder, wanted: false).ShouldBeNull();
    }

    [Theory]
    [InlineData(), InlineData("--cluster")]
    public async Task One_that_does_not_start_is_given_none(params string[] how)
    {
        using var held = DataFolder.Open(_folder);

        (await CommandLine.Run(["up", "--test-clock", "--data", _folder, .. how])).ShouldBe(ExitCode.Missing);

        ClockCommand.Prepare(_folder, wanted: false).ShouldBeNull();
    }

    [Theory]
    [InlineData("36500.00:00:00")]
    [InlineData("3000000.00:00:00")]
    [InlineData("10675199.02:48:05")]
    public async Task No_clock_goes_to_where_time_ends(string time)
    {
        var clock = ClockCommand.Prepare(_folder, wanted: true)!;
        TestClock.Advance(clock, TimeSpan.FromHours(1));

        (await CommandLine.Run(["clock", "advance", time, "--data", _folder])).ShouldBe(ExitCode.WrongUsage);
        TestClock.Ahead(clock).ShouldBe(TimeSpan.FromHours(1));
    }
}
