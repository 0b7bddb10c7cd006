using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Commerce.Cli.Output;
using Commerce.Cli.Shops;
using Commerce.Cli.Verify;
using Commerce.Feeds;
using Commerce.Kernel;
using Commerce.Orders;
using Commerce.Silo.Composition;

namespace Commerce.Cli;

/// <summary><c>commerce journal explain</c>: what happened to an order, what is pending, what happens next and when; without an order, the process as a table.</summary>
internal static class ExplainCommand
{
    private static readonly Argument<string?> Order = new("ORDER") { Description = "An order's number or id; without one the whole checkout process is printed as a table.", Arity = ArgumentArity.ZeroOrOne };

    public static Command Create()
    {
        var command = new Command("explain", "Say what happened to an order, what is pending, and what happens next and when; without one, print the process.") { Order, ShopAddress.Data, CommandLine.Json };
        command.SetCommand(async (parsed, _) => parsed.GetValue(Order) is { } order ? await Say(parsed, order) : Table(parsed));
        return command;
    }

    private static int Table(ParseResult parsed)
    {
        var terms = CheckoutSettings.Here;
        Answer.Give(parsed.GetValue(CommandLine.Json), new { ok = true, rows = CheckoutTable.Rows(terms) }, CheckoutTable.Markdown(terms).TrimEnd().Split('\n'));
        return ExitCode.Ok;
    }

    private static async Task<int> Say(ParseResult parsed, string asked)
    {
        await using var journals = await Installation.In(ShopAddress.DataDirOf(parsed)).OpenJournals();
        var stream = await StreamOf(journals, asked);
        var history = await journals.Stream(stream).ToListAsync();
        if (history.Count == 0) throw new CheckFailedException($"There is no order {asked}.");
        var said = Explain.Of(Whole(history), CheckoutSettings.Here, ClockCommand.Now(ShopAddress.DataDirOf(parsed)));
        Answer.Give(
            parsed.GetValue(CommandLine.Json), new { ok = true, order = stream.Value, said.Status, said.Happened, said.Pending, next = said.Comes },
            [
                $"{stream.Value}: {said.Status}", "", "What happened", .. said.Happened.Select(line => $"  {line}"), "", $"It waits for {said.Pending}.", "",
                said.Comes.Count == 0 ? "Nothing happens by itself." : "What happens next",
                .. said.Comes.Select(next => $"  {next.At.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)}  {next.What}"),
            ]);
        return ExitCode.Ok;
    }

    /// <summary>A history that can be told; else a refusal that names the event which cannot be read, or is not there.</summary>
    internal static IReadOnlyList<RecordedEvent> Whole(IReadOnlyList<RecordedEvent> history)
    {
        foreach (var (i, recorded) in history.Index())
        {
            if (recorded.Version != i + 1) throw new CheckFailedException($"{recorded.Stream} has no version {i + 1}, though it has a version {recorded.Version}; what is stored is damaged.");
            Read(recorded);
        }

        return history;
    }

    private static object Read(RecordedEvent recorded)
    {
        try
        {
            return recorded.Event;
        }
        catch (Exception e) when (e is NotSupportedException or JsonException)
        {
            throw new CheckFailedException($"Version {recorded.Version} of {recorded.Stream} cannot be read: {e.Message}");
        }
    }

    // People know the number; only the order's first event does.
    private static async Task<StreamName> StreamOf(Journals journals, string asked)
    {
        if (asked.StartsWith("order/", StringComparison.Ordinal)) return new("order", asked);
        if (!asked.All(char.IsAsciiDigit)) return new("order", $"order/{Keys.Order(new OrderId(asked))}");
        var placed = await journals.Events("order").FirstOrDefaultAsync(recorded => recorded.Type == EventTypes.NameOf(typeof(OrderPlaced)) && ((OrderPlaced)Read(recorded)).Number == asked);
        return placed is null ? throw new CheckFailedException($"There is no order with number {asked}.") : new("order", placed.Stream);
    }
}
