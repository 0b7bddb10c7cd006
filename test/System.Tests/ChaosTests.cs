using System.Text.Json;

namespace Commerce.System.Tests;

/// <summary>A short run of the laboratory: real processes and real servers, a crash in the middle of a step, the database and the broker killed under load.</summary>
public sealed class ChaosTests
{
    [Fact]
    public async Task Nothing_is_lost_doubled_or_stuck_when_a_silo_crashes_and_the_servers_are_killed()
    {
        var (exit, output, errors) = await Commerce.Run("chaos", "--seed", "20", "--minutes", "0", "--faults", "F1,F8,F14", "--silos", "2", "--rate", "4", "--json");

        exit.ShouldBe(0, output + errors);
        var report = JsonSerializer.Deserialize<JsonElement>(output);
        report.GetProperty("acknowledged").GetInt32().ShouldBeGreaterThan(10);
        foreach (var fault in report.GetProperty("faults").EnumerateArray()) fault.GetProperty("hits").GetInt32().ShouldBeGreaterThan(0, fault.ToString());
    }
}
