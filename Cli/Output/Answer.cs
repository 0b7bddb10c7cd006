using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Commerce.Cli.Output;

/// <summary>What a command says on stdout: lines for a person, or with <c>--json</c> exactly one document.</summary>
internal static class Answer
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>The document as it is given with <c>--json</c>.</summary>
    public static string Json(object document) => JsonSerializer.Serialize(document, Options);

    public static void Give(bool asJson, object document, IEnumerable<string> lines)
    {
        if (asJson) Console.Out.WriteLine(Json(document));
        else foreach (var line in lines) Console.Out.WriteLine(line);
    }
}
