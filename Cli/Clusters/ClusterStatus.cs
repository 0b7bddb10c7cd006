using System.Text.Json;
using Commerce.Cli.Output;
using Commerce.Cli.Shops;

namespace Commerce.Cli.Clusters;

/// <summary>A cluster as its operator sees it: processes from <c>up</c>, grains and lag from a gateway, queues from RabbitMQ.</summary>
internal static class ClusterStatus
{
    public static async Task<int> Give(ClusterFolder folder, ClusterState state, ShopAddress address, bool json, CancellationToken cancel)
    {
        using var shop = new ShopClient(address.Url, address.ReadToken());
        var ready = await shop.TryGet("healthz/ready", cancel) is { Ok: true };
        var seen = await Body(shop, "v1/admin/cluster", cancel);
        var lag = await Body(shop, "v1/analytics/lag", cancel);
        var queues = await Queues(folder, cancel);

        var silos = Of(state, ChildKind.Silo).Select(child => new { child.Name, child.Roles, child.State, child.Pid, grains = Grains(seen, child), child.From }).ToList();
        var gateways = Of(state, ChildKind.Gateway).Select(Brief).ToList();
        var analytics = Of(state, ChildKind.Analytics).Select(child => new { child.Name, child.State, child.Pid, grains = Grains(seen, child), child.From }).ToList();
        var servers = state.Children.Where(child => child.Kind is ChildKind.PaymentSimulator or ChildKind.Postgres or ChildKind.RabbitMq or ChildKind.Epmd).Select(Brief).ToList();
        Answer.Give(
            json,
            new { ok = ready, state = ready ? "ready" : "starting", url = address.Url, address.DataDir, silos, gateways, analytics, servers, lag, queues },
            [
                $"{address.Url} {(ready ? "ready" : "not ready")}",
                .. silos.Select(silo => $"{silo.Name,-12} {Word(silo.State),-10} {Number(silo.Pid),7} {(silo.grains is { } grains ? $"{grains} grains" : ""),-14} {string.Join(',', silo.Roles)}{Off(silo.From)}"),
                .. analytics.Select(one => $"{one.Name,-12} {Word(one.State),-10} {Number(one.Pid),7} {(one.grains is { } grains ? $"{grains} grains" : "")}{Off(one.From)}".TrimEnd()),
                .. gateways.Concat(servers).Select(child => $"{child.Name,-12} {Word(child.State),-10} {Number(child.Pid),7}{Off(child.From)}"),
                .. lag is { } behind ? [$"lag {behind}"] : Array.Empty<string>(),
                .. queues?.Select(queue => $"queue {queue.Name}: {queue.Depth}") ?? [],
            ]);
        return ready ? ExitCode.Ok : ExitCode.Missing;
    }

    // What does not run hosts nothing, whether a gateway can be asked or not.
    private static long? Grains(JsonElement? seen, ChildStatus child) => child.Pid is null ? 0 : Grains(seen, child.Name);

    /// <summary>How many grains a gateway says a silo hosts.</summary>
    internal static long? Grains(JsonElement? seen, string silo) =>
        seen is { ValueKind: JsonValueKind.Object } body && body.TryGetProperty("silos", out var silos) && silos.ValueKind == JsonValueKind.Array
        && silos.EnumerateArray().FirstOrDefault(one => one.TryGetProperty("name", out var name) && name.GetString() == silo) is { ValueKind: JsonValueKind.Object } found
        && found.TryGetProperty("grains", out var grains) && grains.ValueKind == JsonValueKind.Number
            ? grains.GetInt64()
            : null;

    private static async Task<JsonElement?> Body(ShopClient shop, string path, CancellationToken cancel) => await shop.TryGet(path, cancel) is { Ok: true } answer ? answer.Body : null;

    private static async Task<IReadOnlyList<QueueDepth>?> Queues(ClusterFolder folder, CancellationToken cancel)
    {
        if (ClusterConnections.Read(folder.Connections) is not { } connections) return null;
        using var management = new Management(connections.Rabbitmq);
        return await management.Queues(cancel);
    }

    private static IEnumerable<ChildStatus> Of(ClusterState state, ChildKind kind) => state.Children.Where(child => child.Kind == kind);

    private static BriefChild Brief(ChildStatus child) => new(child.Name, child.State, child.Pid, child.From);

    private static string Off(string? build) => build is null ? "" : $" off {build}";

    private static string Word(ChildState state) => state.ToString().ToLowerInvariant();

    private static string Number(int? pid) => pid is { } number ? $"{number}" : "-";

    private sealed record BriefChild(string Name, ChildState State, int? Pid, string? From);
}
