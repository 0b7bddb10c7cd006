using Commerce.ServiceDefaults;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting.Internal;

namespace Commerce.Silo.Tests.Laboratories;

public sealed class LaboratoryTests : IDisposable
{
    private readonly string _orders = Path.GetTempFileName();

    public void Dispose()
    {
        File.Delete(_orders);
        File.Delete($"{_orders}.hit");
    }

    [Fact]
    public void A_process_in_production_refuses_every_order_of_a_laboratory()
    {
        Should.Throw<SettingsException>(() => In("Production", ("Laboratory:Orders", _orders))).Message.ShouldContain("DOTNET_ENVIRONMENT");
        Should.Throw<SettingsException>(() => In("Production", ("Laboratory:Without", "fence")));
        In("Production").ShouldBeNull();
    }

    [Fact]
    public void A_promise_is_kept_unless_it_is_named()
    {
        using var laboratory = In("Laboratory", ("Laboratory:Without", "fence, cursor-last"))!;
        laboratory.Lacks("fence").ShouldBeTrue();
        laboratory.Lacks("cursor-last").ShouldBeTrue();
        laboratory.Lacks("answer-last").ShouldBeFalse();
    }

    [Fact]
    public void An_order_to_crash_is_handed_on_and_the_clock_is_moved()
    {
        using var laboratory = In("Laboratory", ("Laboratory:Orders", _orders))!;
        File.WriteAllText(_orders, "crash before-append * 3\nclock 3600\n");
        var taken = new List<string>();
        laboratory.OnCrashOrder(taken.Add);

        taken.ShouldContain("before-append * 3");
        (laboratory.Clock.GetUtcNow() - TimeProvider.System.GetUtcNow()).TotalMinutes.ShouldBe(60, tolerance: 1);
    }

    private static Laboratory? In(string environment, params (string Key, string Value)[] settings) => Laboratory.Of(
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(setting => setting.Key, setting => (string?)setting.Value)).Build(),
        new HostingEnvironment { EnvironmentName = environment });
}
