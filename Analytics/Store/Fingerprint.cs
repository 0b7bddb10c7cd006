namespace Commerce.Analytics.Store;

/// <summary>How far one feed has been applied.</summary>
/// <param name="Service">Whose feed.</param>
/// <param name="Partition">Which partition of it.</param>
/// <param name="Epoch">The journal's epoch.</param>
/// <param name="Position">Position of the last event applied.</param>
/// <param name="RecordedAt">When that event was recorded.</param>
public sealed record AppliedCursor(string Service, int Partition, string Epoch, long Position, DateTimeOffset RecordedAt);

/// <summary>What analytics holds at one moment: a fold of every feed up to its cursor gives the same checksums.</summary>
/// <param name="Cursors">How far each feed has been applied.</param>
/// <param name="Checksums">One per projection.</param>
public sealed record Fingerprint(IReadOnlyList<AppliedCursor> Cursors, IReadOnlyDictionary<string, string> Checksums);
