namespace Commerce.Inventory;

/// <summary>
/// Whose turn it is to check out a SKU. Invariants: turns come in the order of arrival; <c>turns at a time ≤ <see cref="CheckoutQueueTerms.Abreast"/></c>; a position never rises. Who has not asked for
/// <see cref="CheckoutQueueTerms.Kept"/> when their turn comes is passed over, and who has their turn and is silent for as long loses it: they may be gone.
/// </summary>
/// <param name="turned">Told whose turn has come.</param>
public sealed class CheckoutQueue(Action<string> turned)
{
    private readonly Dictionary<string, Place> _places = new(StringComparer.Ordinal);
    private readonly Queue<Place> _waiting = [];
    private readonly HashSet<Place> _turns = [];
    private long _came, _passed;

    /// <summary>Takes a place at the end, or keeps the one there is. Answers 0 when it has its turn, else its position.</summary>
    public int Enter(string cart, DateTimeOffset now)
    {
        if (!_places.TryGetValue(cart, out var place)) _waiting.Enqueue(_places[cart] = place = new Place(cart, ++_came));
        place.Since = now;
        Advance(now);
        return _turns.Contains(place) ? 0 : (int)Math.Min(int.MaxValue, place.Number - _passed);
    }

    /// <summary>Gives up a turn or a place.</summary>
    public void Leave(string cart, DateTimeOffset now)
    {
        if (!_places.Remove(cart, out var place)) return;
        _turns.Remove(place);
        place.Left = true;
        Advance(now);
    }

    private void Advance(DateTimeOffset now)
    {
        if (_turns.Count >= CheckoutQueueTerms.Abreast) _turns.RemoveWhere(place => Silent(place) && _places.Remove(place.Cart));
        while (_turns.Count < CheckoutQueueTerms.Abreast && _waiting.TryDequeue(out var next))
        {
            _passed = next.Number;
            if (next.Left || (Silent(next) && _places.Remove(next.Cart))) continue;
            next.Since = now;
            _turns.Add(next);
            turned(next.Cart);
        }

        bool Silent(Place place) => now - place.Since >= CheckoutQueueTerms.Kept;
    }

    private sealed class Place(string cart, long number)
    {
        public string Cart => cart;

        public long Number => number;

        /// <summary>When they last asked, or got their turn.</summary>
        public DateTimeOffset Since { get; set; }

        public bool Left { get; set; }
    }
}
