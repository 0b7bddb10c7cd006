using Commerce.ServiceDefaults;
using Shouldly;
using Xunit;

namespace Commerce.Silo.Tests.Composition;

public sealed class ServiceProcessTests
{
    [Fact]
    public async Task A_connection_that_is_left_empty_is_not_waited_for()
    {
        var composed = false;

        await ServiceProcess.Run("silo", ["--Name=silo-1", "--Http=http://127.0.0.1:0", "--ConnectionStrings:broker_order="], (_, _) => composed = true, static (_, _) => throw new SettingsException("far enough"));

        composed.ShouldBeTrue();
    }
}
