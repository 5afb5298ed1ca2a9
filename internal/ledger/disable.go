package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/gate"
)

// Disable stores what a person switches off. It replaces what is switched off at the same place, but not where that
// ends later, with gate.ErrLonger. gate.ErrMany says that there is no room.
func (l Ledger) Disable(ctx context.Context, d gate.Disable, now time.Time) error {
	err := l.disable(ctx, d)
	if !failedCondition(err) {
		return err
	}
	room, err := l.makeRoom(ctx, d, now)
	if err != nil {
		return err
	}
	if room {
		err = l.disable(ctx, d)
	}
	if !room || failedCondition(err) {
		return gate.ErrMany
	}
	return err
}

// makeRoom forgets what has ended, and tells whether there is room now. gate.ErrLonger says that none is needed: the
// place is taken.
func (l Ledger) makeRoom(ctx context.Context, d gate.Disable, now time.Time) (bool, error) {
	key, err := d.Key()
	if err != nil {
		return false, err
	}
	stored, err := l.Settings(ctx)
	if err != nil {
		return false, err
	}
	room := false
	for _, old := range stored.Disables {
		if old.Stored == key && !endsBy(old.Expires, d.Expires) {
			return false, gate.ErrLonger
		}
		if old.Active(now) {
			continue
		}
		gone, err := l.forgetEnded(ctx, old)
		if err != nil {
			return false, err
		}
		room = room || gone
	}
	return room, nil
}

// endsBy tells that an end comes by another; the zero time is no end.
func endsBy(end, by time.Time) bool {
	return by.IsZero() || !end.IsZero() && end.Unix() <= by.Unix()
}

func (l Ledger) disable(ctx context.Context, d gate.Disable) error {
	place, err := d.Place()
	if err != nil {
		return err
	}
	key, err := d.Key()
	if err != nil {
		return err
	}
	value := encodeOrigin(d.Origin, d.Since)
	value["where"] = text(place)
	condition := "(attribute_exists(#in.#key) OR size(#in) < :most)"
	v := values{":most": number(gate.MostDisables)}
	if !d.Expires.IsZero() {
		condition += " AND (" + endsBefore + ")"
		v[":ends"] = number(d.Expires.Unix())
	}
	return l.putByHand(ctx, byHand{
		in: disablesField, key: key, value: &types.AttributeValueMemberM{Value: value}, condition: condition, values: v,
	})
}

// forgetEnded makes room, unless somebody has renewed it meanwhile.
func (l Ledger) forgetEnded(ctx context.Context, old gate.Disable) (bool, error) {
	return l.liftByHand(ctx, byHand{
		in: disablesField, key: old.Stored, condition: "#in.#key.#ends = :ends",
		values: values{":ends": number(old.Expires.Unix())},
	})
}

// Lift takes back what is switched off by hand at a place; false: nothing is. What is about everything is lifted
// where it cannot be read.
func (l Ledger) Lift(ctx context.Context, d gate.Disable) (bool, error) {
	if d.Control == "" {
		return l.liftUnread(ctx, disablesField)
	}
	key := d.Stored
	if key == "" {
		var err error
		if key, err = d.Key(); err != nil {
			return false, err
		}
	}
	return l.liftByHand(ctx, byHand{in: disablesField, key: key})
}

// decodeDisables reads what stands there. Whatever cannot be read is switched off without an end, and where its place
// cannot be read everywhere: it may be of a newer release.
func decodeDisables(v types.AttributeValue) []gate.Disable {
	if v == nil {
		return nil
	}
	m, ok := v.(*types.AttributeValueMemberM)
	if !ok {
		return []gate.Disable{{Origin: unreadable("list of what is disabled")}}
	}
	var out []gate.Disable
	for _, key := range slices.Sorted(maps.Keys(m.Value)) {
		d := gate.Disable{Stored: key}
		d.Control, _, _ = strings.Cut(key, "#")
		var err error
		if d.Origin, d.Since, ok = decodeOrigin(m.Value[key]); ok {
			d.Where, err = decodePlace(m.Value[key])
		}
		if !ok || err != nil {
			d.Origin, d.Where = unreadable("entry of what is disabled"), gate.Where{}
		}
		out = append(out, d)
	}
	return out
}

// decodePlace reads the place of an entry, which has one.
func decodePlace(v types.AttributeValue) (gate.Where, error) {
	m, _ := v.(*types.AttributeValueMemberM)
	stored, ok := m.Value["where"].(*types.AttributeValueMemberS)
	if !ok {
		return gate.Where{}, errors.New("it has no place")
	}
	if stored.Value == "" {
		return gate.Where{}, nil
	}
	var w gate.Where
	decoder := json.NewDecoder(bytes.NewReader([]byte(stored.Value)))
	decoder.DisallowUnknownFields() // of a newer release: it would seem to be wider or narrower than it is
	if err := decoder.Decode(&w); err != nil {
		return gate.Where{}, fmt.Errorf("read its place: %w", err)
	}
	return w, nil
}
