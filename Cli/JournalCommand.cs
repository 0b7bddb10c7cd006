using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Commerce.Cli.Output;
using Commerce.Cli.Shops;
using Commerce.Cli.Verify;
using Commerce.Feeds;
using Commerce.Gateway.Carts;
using Commerce.Kernel;
using Commerce.Silo.Journal;
using Commerce.Silo.Journal.Postgres;
using Commerce.Silo.Journal.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Commerce.Cli;

/// <summary><c>commerce journal</c>: what is stored, and the cache beside it.</summary>
internal static class JournalCommand
{
    private static readonly Argument<string> Stream = new("STREAM") { Description = "A stream such as order/t1/0123…-1, stock/t1/SEED-001@main, cart/t1/ with a cart's id, or service:stream." };

    private static readonly Option<string?> At = new("--at") { Description = "Only what had been recorded by this time (2026-01-31T12:00:00Z, or a day's beginning in UTC, 2026-01-31).", HelpName = "TIME" };

    private static readonly Option<bool> Change = new("--change") { Description = "Give every journal another epoch: after a restore, before its first silo starts." };

    private static readonly Dictionary<string, string> ServiceOf = new(StringComparer.Ordinal)
    {
        ["product"] = "catalog", ["stock"] = "inventory", ["cart"] = "cart", ["order"] = "order", ["order-numbers"] = "order", ["payment"] = "payment", ["customer"] = "customer",
        ["settlement"] = "order",
    };

    public static Command Create()
    {
        var show = new Command("show", "Print the events of a stream, oldest first.") { Stream, At, ShopAddress.Data, CommandLine.Json };
        show.SetCommand((parsed, _) => Show(parsed));
        var drop = new Command("drop", "Delete all snapshots of a stopped shop; they are a cache, nothing is lost.") { ShopAddress.Data, CommandLine.Json };
        drop.SetCommand(async (parsed, _) =>
        {
            using var held = DataFolder.Open(Installation.OneProcess(ShopAddress.DataDirOf(parsed)));
            using var journal = SqliteJournal.Open(held.Journal, TimeProvider.System, NullLogger<SqliteJournal>.Instance);
            var dropped = await journal.DropSnapshots();
            Answer.Give(parsed.GetValue(CommandLine.Json), new { ok = true, dropped }, [$"{dropped} snapshots dropped."]);
            return ExitCode.Ok;
        });
        var epoch = new Command("epoch", "Print the epochs of the journals; with --change give them others, so that every reader looks whether the history is still the one it has read.") { Change, ShopAddress.Data, CommandLine.Json };
        epoch.SetCommand(async (parsed, _) =>
        {
            var epochs = await Epochs(ShopAddress.DataDirOf(parsed), parsed.GetValue(Change));
            Answer.Give(parsed.GetValue(CommandLine.Json), new { ok = true, epochs }, epochs.Select(one => $"{one.Key,-10} {one.Value}"));
            return ExitCode.Ok;
        });
        return new Command("journal", "Look into the journal.") { show, epoch, ExplainCommand.Create(), new Command("snapshots", "Snapshots of long streams.") { drop } };
    }

    internal static async Task<IReadOnlyDictionary<string, string>> Epochs(string data, bool change)
    {
        if (!File.Exists(DataFolder.ConnectionsOf(data)))
        {
            var epoch = OfFile(Installation.OneProcess(data), change);
            return FeedStreams.Services.ToDictionary(service => service, _ => epoch);
        }

        await using var databases = new ServiceDatabases(ClusterInstallation.Logins(data));
        await using var journal = new PostgresJournal(databases, TimeProvider.System, NullLogger<PostgresJournal>.Instance);
        var epochs = new Dictionary<string, string>();
        try
        {
            foreach (var service in FeedStreams.Services) epochs[service] = change ? await journal.ChangeEpoch(service) : (await journal.Head(service, 0)).Epoch;
            return epochs;
        }
        catch (DependencyUnavailableException)
        {
            throw new MissingException("The journals cannot be read; is PostgreSQL running?");
        }
    }

    private static string OfFile(string data, bool change)
    {
        if (change)
        {
            using var held = DataFolder.Open(data);
            return SqliteJournal.ChangeEpoch(held.Journal, TimeProvider.System);
        }

        using var journal = JournalFile.Open(data);
        return journal.Head("order").Epoch;
    }

    private static async Task<int> Show(ParseResult parsed)
    {
        var until = parsed.GetValue(At) is { } text ? TimeOf(text) : (DateTimeOffset?)null;
        var name = NameOf(parsed.GetValue(Stream)!);
        await using var journals = await Installation.In(ShopAddress.DataDirOf(parsed)).OpenJournals();
        var events = await journals.Stream(name).Where(recorded => until is null || recorded.RecordedAt <= until).ToListAsync();
        if (events.Count == 0) throw new CheckFailedException($"Stream {name} has no events{(until is null ? "" : " by then")}.");
        Answer.Give(
            parsed.GetValue(CommandLine.Json),
            new { ok = true, service = name.Service, stream = name.Value, events = events.Select(recorded => new { recorded.Version, recorded.Position, recorded.Id, recorded.Type, recorded.OccurredAt, recorded.RecordedAt, recorded.Actor, recorded.Causation, data = Data(recorded.Data) }) },
            events.Select(Line));
        return ExitCode.Ok;
    }

    /// <summary>An event's data as JSON; what is none, as the text it is.</summary>
    internal static object Data(byte[] data)
    {
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(data);
        }
        catch (JsonException)
        {
            return System.Text.Encoding.UTF8.GetString(data);
        }
    }

    private static string Line(RecordedEvent recorded) =>
        $"{recorded.Version,5}  {recorded.RecordedAt:yyyy-MM-ddTHH:mm:ss.fffZ}  {recorded.Type,-28}  {recorded.Actor,-8}  {System.Text.Encoding.UTF8.GetString(recorded.Data)}";

    internal static DateTimeOffset TimeOf(string text) =>
        DateTimeOffset.TryParseExact(text, ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : throw new UsageException($"'{text}' is not a time; write 2026-01-31T12:00:00Z, the same with an offset, 2026-01-31T13:00:00+01:00, or a day's beginning in UTC, 2026-01-31.");

    internal static StreamName NameOf(string stream)
    {
        var text = CartAddress.Hide(stream);
        if (text.IndexOf(':') is > 0 and var colon && FeedStreams.Services.Contains(text[..colon])) return new StreamName(text[..colon], text[(colon + 1)..]);
        return ServiceOf.TryGetValue(text.Split('/')[0], out var service)
            ? new StreamName(service, text)
            : throw new UsageException($"'{text}' is not a stream; it begins with one of {string.Join(", ", ServiceOf.Keys.Select(kind => kind + "/"))}.");
    }
}
