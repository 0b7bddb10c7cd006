using System.Collections.Immutable;
using System.CommandLine;
using Commerce.Cli.Output;
using Commerce.Cli.Replay;
using Commerce.Cli.Shops;

namespace Commerce.Cli;

/// <summary><c>commerce replay FILE</c>: takes a month of real transactions through the shop and checks every figure.</summary>
internal static class ReplayCommand
{
    private static readonly Argument<string> File = new("FILE")
    {
        Description = "Transactions as CSV: InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country; times are UTC, prices GBP.",
    };

    private static readonly Option<int> Concurrency = new("--concurrency") { Description = "Requests at once, 1 to 1000.", HelpName = "N", DefaultValueFactory = _ => 16 };

    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Print the plan and its figures; no shop is needed and nothing is sent." };

    private static readonly Option<string?> Acks = new("--acks") { Description = "Write one line per acknowledged order: its id and invoice.", HelpName = "FILE" };

    public static Command Create()
    {
        var command = new Command("replay", "Import a month of transactions through the HTTP interface, wait for the projections and reconcile every figure. Run again, it changes nothing.")
        {
            File, Concurrency, DryRun, Acks, CommandLine.Json,
        };
        ShopAddress.AddTo(command);
        command.SetCommand(Run);
        return command;
    }

    private static async Task<int> Run(ParseResult parsed, CancellationToken cancel)
    {
        var (file, concurrency, json) = (parsed.GetValue(File)!, parsed.GetValue(Concurrency), parsed.GetValue(CommandLine.Json));
        if (concurrency is < 1 or > 1_000) throw new UsageException("--concurrency is 1 to 1000.");
        var plan = ReplayPlan.Of(Read(file));
        var figures = PlanFigures.Of(plan);
        if (parsed.GetValue(DryRun))
        {
            Answer.Give(json, new { ok = true, file, plan.Digest, dryRun = true, plan = PlanReport.Document(plan, figures) }, PlanReport.Lines(plan, figures));
            return ExitCode.Ok;
        }

        var address = ShopAddress.Of(parsed);
        var silences = new Silences(TimeProvider.System);
        using var shop = new ShopClient(address.Url, address.ReadToken(), answered: silences.Answered, repeats: silences.Repeat);
        using var acknowledgements = new Acknowledgements(parsed.GetValue(Acks));
        var run = new ReplayRun(shop, plan, concurrency, acknowledgements, new Progress());
        await run.Run(cancel);
        var noticed = (silences.Longest, silences.Waits, silences.Repeated, Lines: silences.Lines.ToList());
        Progress.Say("Reconciling.");
        var found = await new Reconciliation(shop, plan, figures, run.OrderOf, Math.Max(concurrency, 8)).Run(cancel);

        var ok = found.All(figure => figure.Ok);
        Answer.Give(json, new { ok, file, plan.Digest, plan = PlanReport.Document(plan, figures), figures = found, gaps = noticed.Longest, waits = noticed.Waits, repeated = noticed.Repeated }, [.. Table(found, plan), .. noticed.Lines]);
        return ok ? ExitCode.Ok : ExitCode.CheckFailed;
    }

    private static TransactionFile Read(string file)
    {
        try
        {
            return TransactionReader.Read(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{file} cannot be read: {(System.IO.File.Exists(file) ? e.Message : "there is no such file.")}");
        }
    }

    private static IEnumerable<string> Table(ImmutableArray<Figure> figures, ReplayPlan plan)
    {
        var name = figures.Max(figure => figure.Name.Length);
        var expected = Math.Max(8, figures.Max(figure => figure.Expected.Length));
        yield return $"  {"".PadRight(name)}  {"expected".PadLeft(expected)}  actual";
        foreach (var figure in figures) yield return $"{(figure.Ok ? " " : "!")} {figure.Name.PadRight(name)}  {figure.Expected.PadLeft(expected)}  {figure.Actual}";
        foreach (var line in PlanReport.Skipped(plan)) yield return line;
        yield return figures.All(figure => figure.Ok)
            ? "Every figure is equal."
            : $"{figures.Count(figure => !figure.Ok)} of {figures.Length} figures differ.";
    }
}
