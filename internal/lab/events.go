package lab

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"github.com/salve-security/salve/internal/lab/securityhub"
)

// Event is what one of AWS's own services would publish.
type Event struct {
	Account    string // whose default bus; empty is the hub's
	Region     string // empty is the default Region
	Source     string
	DetailType string
	Resources  []string
	Detail     json.RawMessage
}

// Publish puts an event onto an account's default bus, as the service named in its source would.
func (l *Lab) Publish(ctx context.Context, e Event) error {
	region, account := cmp.Or(e.Region, l.Region()), cmp.Or(e.Account, l.options.Hub)
	entry := map[string]any{
		"Source": e.Source, "DetailType": e.DetailType, "Resources": e.Resources, "Detail": string(e.Detail),
	}
	if e.Resources == nil {
		entry["Resources"] = []string{}
	}
	got, err := l.asRoot(ctx, l.ministack.host, account, "events", region, "AWSEvents.PutEvents",
		map[string]any{"Entries": []any{entry}})
	if err != nil {
		return err
	}
	var result struct{ FailedEntryCount int }
	if err := json.Unmarshal(got.body, &result); err != nil || !got.ok() || result.FailedEntryCount > 0 {
		return fmt.Errorf("publishing %q: ministack answered %d: %s", e.DetailType, got.status, got.body)
	}
	return nil
}

// securityHub builds the lab's Security Hub with its events going to the buses of the lab.
func (l *Lab) securityHub() *securityhub.Hub {
	return securityhub.New(securityhub.Options{
		Hub: l.options.Hub, Members: l.options.Members, Bare: l.options.Bare, Clock: l.options.Clock,
		Emit: func(ctx context.Context, e securityhub.Event) error {
			return l.Publish(ctx, Event{
				Account: e.Account, Region: e.Region, Source: e.Source, DetailType: e.DetailType,
				Resources: e.Resources, Detail: e.Detail,
			})
		},
	})
}
