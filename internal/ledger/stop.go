package ledger

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/gate"
)

// everything is the name of the stop of all controls. No control is called so.
const everything = "*"

// stopKey is the name a stop is filed under: its control, and its account behind a #.
func stopKey(control, account string) string {
	key := strings.ToLower(control)
	if control == "" {
		key = everything
	}
	if account != "" {
		key += "#" + account
	}
	return key
}

// Stop stores a stop of a person. It replaces any stop but one that ends later,
// with gate.ErrLonger.
func (l Ledger) Stop(ctx context.Context, s gate.Stop) error {
	condition := ""
	if !s.Expires.IsZero() {
		condition = endsBefore
	}
	err := l.stop(ctx, s, condition, values{":ends": number(s.Expires.Unix())})
	if failedCondition(err) {
		return gate.ErrLonger
	}
	return err
}

// Trip stores a stop of the engine, unless one holds already: that of a person
// stays. It returns the stop that holds then.
func (l Ledger) Trip(ctx context.Context, s gate.Stop, now time.Time) (gate.Stop, error) {
	err := l.stop(ctx, s, endsBefore, values{":ends": number(now.Unix())})
	if !failedCondition(err) {
		return s, err
	}
	stored, err := l.Settings(ctx)
	if err != nil {
		return gate.Stop{}, err
	}
	for _, old := range stored.Stops {
		if stopKey(old.Control, old.Account) == stopKey(s.Control, s.Account) {
			return old, nil
		}
	}
	return gate.Stop{}, fmt.Errorf("stop %s: it was lifted meanwhile", s.Control)
}

func (l Ledger) stop(ctx context.Context, s gate.Stop, condition string, v values) error {
	return l.putByHand(ctx, byHand{
		in: stopsField, key: stopKey(s.Control, s.Account), value: encodeStop(s), condition: condition, values: v,
	})
}

// Resume takes the stop of a control away, or with "" that of everything; with an
// account only the control's there. False means that there is none. The count of
// failures begins anew: else the next one would stop it again.
func (l Ledger) Resume(ctx context.Context, control, account string, now time.Time) (bool, error) {
	if control != "" {
		if err := l.forget(ctx, control, account, now); err != nil {
			return false, err
		}
	}
	lifted, err := l.liftByHand(ctx, byHand{in: stopsField, key: stopKey(control, account)})
	if lifted || err != nil || control != "" {
		return lifted, err
	}
	return l.liftUnread(ctx, stopsField)
}

func encodeStop(s gate.Stop) types.AttributeValue {
	return &types.AttributeValueMemberM{Value: encodeOrigin(s.Origin, s.Since)}
}

// decodeStops reads what stands there. Whatever cannot be read is a stop
// without an end: it may be one of a newer release.
func decodeStops(v types.AttributeValue) []gate.Stop {
	if v == nil {
		return nil
	}
	m, ok := v.(*types.AttributeValueMemberM)
	if !ok {
		return []gate.Stop{{Origin: unreadable("stop")}}
	}
	var out []gate.Stop
	for _, key := range slices.Sorted(maps.Keys(m.Value)) {
		var s gate.Stop
		s.Origin, s.Since, ok = decodeOrigin(m.Value[key])
		if !ok {
			s.Origin = unreadable("stop")
		}
		if s.Control, s.Account, _ = strings.Cut(key, "#"); s.Control == everything {
			s.Control = ""
		}
		out = append(out, s)
	}
	return out
}
