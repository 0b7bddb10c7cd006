using System.CommandLine;
using Commerce.Cli.Clusters;
using Commerce.Cli.Output;
using Commerce.Cli.Shops;

namespace Commerce.Cli;

/// <summary><c>commerce kill|drain|start NAME</c>: one process of a running cluster.</summary>
internal static class ChildCommand
{
    private static readonly Argument<string> Name = new("NAME") { Description = "Such as silo-2, gateway-1, analytics-1, postgres or rabbitmq; 'status' names them all." };

    private static readonly Option<string?> From = new("--from")
    {
        Description = "Folder of another build to run it off, as a rolling upgrade does; it stays with that build.", HelpName = "DIR",
    };

    public static Command Kill() => Of("kill", "End a process of a running cluster at once (SIGKILL), with all its children; it is started again after 5 s.");

    public static Command Drain() => Of("drain", "Have a process of a running cluster finish its work and end; it stays away until it is started.");

    public static Command Start()
    {
        var command = Of("start", "Start a drained process of a running cluster again.");
        command.Options.Add(From);
        return command;
    }

    private static Command Of(string verb, string description)
    {
        var command = new Command(verb, description) { Name, ShopAddress.Data, CommandLine.Json };
        command.SetCommand(async (parsed, cancel) =>
        {
            var (json, name) = (parsed.GetValue(CommandLine.Json), parsed.GetValue(Name)!);
            var state = await ControlClient.Ask(new ClusterFolder(ShopAddress.DataDirOf(parsed)), new ControlRequest(verb, name, From: verb == "start" && parsed.GetValue(From) is { } from ? Path.GetFullPath(from) : null), json ? Progress.Say : Console.Out.WriteLine, cancel);
            if (json) Answer.Give(asJson: true, new { ok = true, child = state.Children.FirstOrDefault(child => child.Name == name) }, []);
            return ExitCode.Ok;
        });
        return command;
    }
}
