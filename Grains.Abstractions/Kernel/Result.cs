using System.Collections.Immutable;

namespace Commerce.Kernel;

/// <summary>One place in a request that a refusal is about.</summary>
/// <param name="Pointer">JSON pointer into the request, such as <c>/lines/0/quantity</c>.</param>
/// <param name="Message">What is wrong and what would be right.</param>
/// <param name="Sku">The SKU it is about, where there is one.</param>
/// <param name="Available">Units still available, where that is the point.</param>
/// <param name="Asked">Units asked for by all lines of this SKU together, where that is the point.</param>
[GenerateSerializer, Immutable, Alias("commerce.refusal-detail")]
public sealed record RefusalDetail(string Pointer, string Message, string? Sku = null, int? Available = null, int? Asked = null);

/// <summary>An expected "no": a value with a stable code, never an exception. The codes are the error table of the HTTP interface.</summary>
/// <param name="Code">Stable code such as <c>out-of-stock</c>.</param>
/// <param name="Message">One sentence that names the cure.</param>
/// <param name="Details">The places it is about; may be empty.</param>
[GenerateSerializer, Immutable, Alias("commerce.refusal")]
public sealed record Refusal(string Code, string Message, ImmutableArray<RefusalDetail> Details)
{
    /// <summary>A refusal without details.</summary>
    public Refusal(string code, string message) : this(code, message, []) { }
}

/// <summary>Nothing to say but that it is done.</summary>
[GenerateSerializer, Immutable, Alias("commerce.done")]
public readonly record struct Done
{
    /// <summary>The only value.</summary>
    public static readonly Done Value;
}

/// <summary>What a command answers: a value or a <see cref="Refusal"/>.</summary>
/// <typeparam name="T">The value's type.</typeparam>
[GenerateSerializer, Immutable, Alias("commerce.result`1")]
public readonly record struct Result<T>
{
    [Id(0)] private readonly T? _value;

    /// <summary>Accepts with a value.</summary>
    public Result(T value) => _value = value;

    /// <summary>Refuses.</summary>
    public Result(Refusal refusal) => Refusal = refusal;

    /// <summary>Why not; null when accepted.</summary>
    [Id(1)] public Refusal? Refusal { get; }

    /// <summary>True when the same command had been carried out before: this is the current state of what it made.</summary>
    [Id(2)] public bool Repeated { get; init; }

    /// <summary>Whether the command was accepted.</summary>
    public bool Ok => Refusal is null;

    /// <summary>The value; asking a refusal for it is a programming error.</summary>
    public T Value => Refusal is null ? _value! : throw new InvalidOperationException($"Refused: {Refusal.Code}: {Refusal.Message}");

    /// <summary>The same answer with its value turned into another.</summary>
    public Result<TOther> Map<TOther>(Func<T, TOther> map) =>
        Refusal is null ? new Result<TOther>(map(_value!)) { Repeated = Repeated } : new Result<TOther>(Refusal) { Repeated = Repeated };

    /// <summary>For a log, which Orleans writes what it drops to: never the value, which may be somebody's address, and never an exception.</summary>
    public override string ToString() => Refusal is null ? $"accepted {typeof(T).Name}" : $"refused {Refusal.Code}";

    /// <summary>A value is an accepted result.</summary>
    public static implicit operator Result<T>(T value) => new(value);

    /// <summary>A refusal is a refused result.</summary>
    public static implicit operator Result<T>(Refusal refusal) => new(refusal);
}
