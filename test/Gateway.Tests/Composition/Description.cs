using System.Text.Json;
using System.Text.Json.Nodes;
using Commerce.Gateway.Tests.Shop;

namespace Commerce.Gateway.Tests.Composition;

/// <summary>The description of the interface, which answers are held against: what is needed is there, and what is there is described.</summary>
internal sealed class Description(JsonNode document)
{
    public void ShouldFit(string operation, Reply reply)
    {
        var (method, path) = operation.Split(' ') is [var first, var second] ? (first.ToLowerInvariant(), second) : throw new ArgumentException(operation);
        var answer = document["paths"]![path]![method]!["responses"]![$"{reply.Status}"];
        Check(answer.ShouldNotBeNull($"{operation} {reply.Status}")["content"]![reply.ContentType!]!["schema"]!, reply.Json, operation);
    }

    private void Check(JsonNode described, JsonNode? value, string at)
    {
        var schema = Resolve(described);
        if (schema["enum"] is JsonArray values)
        {
            values.ShouldContain(one => JsonNode.DeepEquals(one, value), $"{at}: {value}");
            return;
        }

        var types = schema["type"] is JsonArray several ? several.Select(type => (string)type!) : [(string)schema["type"].ShouldNotBeNull($"{at} has no type")!];
        types.ShouldContain(TypeOf(value), at);
        if (value is JsonArray items)
            foreach (var (i, item) in items.Index()) Check(schema["items"]!, item, $"{at}/{i}");
        if (value is not JsonObject fields) return;
        foreach (var name in schema["required"]?.AsArray() ?? []) fields.ShouldContain(field => field.Key == (string)name!, $"{at}/{name} is needed");
        foreach (var (name, field) in fields)
            Check((schema["properties"]?[name] ?? schema["additionalProperties"] as JsonObject).ShouldNotBeNull($"{at}/{name} is not described"), field, $"{at}/{name}");
    }

    // What may be null is written as one of null and the thing.
    private JsonNode Resolve(JsonNode schema) =>
        schema["oneOf"] is JsonArray either ? Resolve(either[^1]!)
        : (string?)schema["$ref"] is { } reference ? document["components"]!["schemas"]![reference.Split('/')[^1]]!
        : schema;

    private static string TypeOf(JsonNode? value) => value?.GetValueKind() switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "integer",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        _ => "null",
    };
}
