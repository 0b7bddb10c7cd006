using System.Text.Json;
using System.Text.Json.Nodes;

namespace Commerce.System.Tests;

/// <summary>A cluster's gateway describes Analytics from a file; here Analytics describes itself.</summary>
public sealed class DescriptionTests
{
    private const string File = "Gateway/Cluster/analytics.openapi.json";

    [Fact]
    public async Task The_gateway_describes_Analytics_as_Analytics_describes_itself()
    {
        await using var shop = await RunningShop.Start();
        var document = JsonNode.Parse((await RunningShop.Get(shop.Guest, "/openapi/v1.json")).Raw)!;
        var own = Analytics(document);

        using var stored = typeof(Gateway.Composition.GatewayOptions).Assembly.GetManifestResourceStream("analytics.openapi.json")!;
        var kept = await JsonNode.ParseAsync(stored);
        if (JsonNode.DeepEquals(own, kept)) return;
        var fresh = Path.Combine(Path.GetTempPath(), "analytics.openapi.json");
        await global::System.IO.File.WriteAllTextAsync(fresh, own.ToJsonString(new JsonSerializerOptions { WriteIndented = true, Encoder = global::System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n");
        Assert.Fail($"{File} is not what Analytics answers any more. If that is meant, replace it with {fresh}.");
    }

    // Its paths, without what every path of a gateway gets, and the schemas they name.
    private static JsonObject Analytics(JsonNode document)
    {
        var paths = new JsonObject();
        foreach (var (path, item) in document["paths"]!.AsObject().Where(path => path.Key.StartsWith("/v1/analytics/", StringComparison.Ordinal)))
        {
            paths[path] = item!.DeepClone();
            foreach (var operation in paths[path]!.AsObject().Select(operation => operation.Value!.AsObject()))
            {
                operation["responses"]!.AsObject().Remove("default").ShouldBeTrue();
                operation.Remove("security").ShouldBeTrue();
            }
        }

        var schemas = new SortedDictionary<string, JsonNode?>(StringComparer.Ordinal);
        for (var open = new Queue<JsonNode?>([paths]); open.TryDequeue(out var node);)
        {
            if (node is JsonArray list) foreach (var one in list) open.Enqueue(one);
            if (node is not JsonObject map) continue;
            foreach (var (_, value) in map) open.Enqueue(value);
            if ((string?)map["$ref"] is { } reference && reference.Split('/')[^1] is var name && !schemas.ContainsKey(name))
                open.Enqueue(schemas[name] = document["components"]!["schemas"]![name]!.DeepClone());
        }

        return new JsonObject
        {
            ["openapi"] = document["openapi"]!.DeepClone(),
            ["info"] = new JsonObject { ["title"] = "Analytics", ["version"] = "1" },
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = new JsonObject(schemas) },
        };
    }
}
