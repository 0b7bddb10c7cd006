using System.CommandLine;
using System.Globalization;
using Commerce.Cli.Clusters;
using Commerce.Cli.Output;
using Commerce.Cli.Shops;

namespace Commerce.Cli;

/// <summary><c>commerce scale silo=5</c>: more or fewer silos or gateways in a cluster that sells on.</summary>
internal static class ScaleCommand
{
    private static readonly Argument<string> What = new("WHAT=N") { Description = "silo=N or gateway=N: how many there are to be. New ones get the next numbers and the roles of their kind; the highest numbers are drained first." };

    public static Command Create()
    {
        var command = new Command("scale", "Have a running cluster use more or fewer silos or gateways; waits until it is done.") { What, ShopAddress.Data, CommandLine.Json };
        command.SetCommand(async (parsed, cancel) =>
        {
            if (parsed.GetValue(What)!.Split('=') is not [var kind, var text] || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
                throw new UsageException("Say what to scale and to how many, such as silo=5.");
            var json = parsed.GetValue(CommandLine.Json);
            var state = await ControlClient.Ask(new ClusterFolder(ShopAddress.DataDirOf(parsed)), new ControlRequest("scale", kind, count), json ? Progress.Say : Console.Out.WriteLine, cancel);
            if (json) Answer.Give(asJson: true, new { ok = true, state.Children }, []);
            return ExitCode.Ok;
        });
        return command;
    }
}
