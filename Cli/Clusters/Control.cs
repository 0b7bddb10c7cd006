using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Commerce.Cli.Clusters;

/// <summary>What another command asks of <c>up</c>: one line of JSON.</summary>
internal sealed record ControlRequest(string Do, string? Name = null, int? Count = null, string? From = null);

/// <summary>A line of the answer: something said meanwhile, or as the last one the result or the reason why there is none.</summary>
internal sealed record ControlReply(string? Say = null, bool? Ok = null, string? Error = null, int? ExitCode = null, ClusterState? State = null);

/// <param name="From">The folder of another build than that of <c>up</c>, if it runs off one.</param>
internal sealed record ChildStatus(string Name, ChildKind Kind, ChildState State, int? Pid, IReadOnlyList<string> Roles, string? From = null);

internal sealed record ClusterState(IReadOnlyList<ChildStatus> Children);

/// <summary>How both ends write a line.</summary>
internal static class ControlJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static string Line<T>(T value) => JsonSerializer.Serialize(value, Options);

    public static T? Parse<T>(string line) where T : class => JsonSerializer.Deserialize<T>(line, Options);
}
