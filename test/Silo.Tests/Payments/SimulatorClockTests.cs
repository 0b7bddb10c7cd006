using System.Diagnostics;
using Commerce.PspSimulator;
using Commerce.Servers;
using Microsoft.Extensions.Configuration;

namespace Commerce.Silo.Tests.Payments;

/// <summary>The simulator follows the shop's test clock, and guesses at nothing.</summary>
public sealed class SimulatorClockTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SimulatorClockTests() => File.WriteAllText(_folder["key"], "secret-of-the-simulator-under-test");

    private Dictionary<string, string?> Settings => new()
    {
        ["Url"] = $"http://127.0.0.1:{FreePorts.TakeLasting(1, new Random())[0]}", ["Data"] = _folder.Path, ["SecretFile"] = _folder["key"], ["TestClock"] = _folder["clock"],
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("10")]
    [InlineData("24:00:00")]
    [InlineData("-00:10:00")]
    [InlineData("1,5")]
    [InlineData("")]
    public void A_clock_that_could_be_read_in_more_than_one_way_is_refused_with_its_cure(string text)
    {
        File.WriteAllText(_folder["clock"], text);

        Should.Throw<RefusedException>(Options).Message.ShouldSatisfyAllConditions(
            message => message.ShouldContain(_folder["clock"]), message => message.ShouldContain($"'{text}'"), message => message.ShouldContain("such as 00:30:00"));
    }

    [Theory]
    [InlineData("00:30:00", 30)]
    [InlineData("1.00:30:00\n", 1470)]
    public void It_is_as_far_ahead_as_the_shop_s(string text, int minutes)
    {
        File.WriteAllText(_folder["clock"], text);
        using var ledger = new Ledger(_folder.Path);

        (Desk(ledger).Now(ledger) - TimeProvider.System.GetUtcNow()).TotalMinutes.ShouldBe(minutes, tolerance: 0.5);
    }

    [Fact]
    public async Task A_clock_that_is_spoilt_meanwhile_ends_it_with_the_cure()
    {
        var start = new ProcessStartInfo(Launch.DotNet, [Path.Combine(AppContext.BaseDirectory, "PspSimulator.dll"), .. Settings.Select(one => $"--{one.Key}={one.Value}")])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var simulator = Process.Start(start)!;
        try
        {
            (await simulator.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldNotBeNull().ShouldStartWith("ready");

            File.WriteAllText(_folder["clock"], "10");

            await simulator.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(1));
            simulator.ExitCode.ShouldBe(3);
            (await simulator.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)).ShouldContain("such as 00:30:00");
        }
        finally
        {
            simulator.Kill();
        }
    }

    private SimulatorOptions Options() => SimulatorOptions.Of(new ConfigurationBuilder().AddInMemoryCollection(Settings).Build());

    private Desk Desk(Ledger ledger)
    {
        var (options, faults) = (Options(), new Faults(ledger));
        return new Desk(ledger, faults, new HookQueue(ledger, faults, options), options);
    }
}
