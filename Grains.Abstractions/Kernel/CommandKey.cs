namespace Commerce.Kernel;

/// <summary>
/// Identity of one command on one stream: the same id again finds what the first made, with other content it is refused
/// (<c>idempotency-key-reused</c>). The scope of a key is the resource it addresses: one cart, one order, one SKU.
/// </summary>
/// <param name="Id">The caller's key, at most <see cref="MaxLength"/> characters; empty when the command is repeatable by its nature.</param>
/// <param name="Digest">Digest of the command's content.</param>
[GenerateSerializer, Immutable, Alias("commerce.command-key")]
public readonly record struct CommandKey([property: Id(0)] string Id, [property: Id(1)] string Digest)
{
    /// <summary>Longest key in characters (a UUID has 36; the importer's keys name a file's digest and a line).</summary>
    public const int MaxLength = 255;

    /// <summary>No key: the command's own content makes it repeatable.</summary>
    public static readonly CommandKey None = new("", "");

    /// <summary>Whether there is a key.</summary>
    public bool IsGiven => !string.IsNullOrEmpty(Id);
}
