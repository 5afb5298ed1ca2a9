package rollout

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/gate"
)

// Shelf is where the configuration is stored.
type Shelf interface {
	Settings(ctx context.Context) (gate.Settings, error)
	PushConfig(ctx context.Context, document gate.Push) error
}

// firstConfiguration is one that switches nothing on, for a hub that has none. One that is there stays, whatever it
// says.
type firstConfiguration struct {
	account string
	shelf   Shelf
}

const nothingActs = "nothing acts by itself, the buttons work"

// Plan says whether there is one.
func (f firstConfiguration) Plan(ctx context.Context) ([]Item, error) {
	item := Item{Account: f.account, What: "configuration", Action: Create, Detail: nothingActs}
	stored, err := f.shelf.Settings(ctx)
	var noTable *types.ResourceNotFoundException
	if errors.As(err, &noTable) { // the stack makes it
		return []Item{item}, nil
	}
	if err != nil {
		return nil, err
	}
	if stored.Version > 0 || stored.Doc != "" || stored.Unread != nil {
		item.Action, item.Detail, item.Done = Nothing, "the stored one stays as it is", true
	}
	return []Item{item}, nil
}

// Carry stores it where there is none.
func (f firstConfiguration) Carry(ctx context.Context) ([]Item, error) {
	items, err := f.Plan(ctx)
	if err != nil || items[0].Action == Nothing {
		return items, err
	}
	text, err := gate.Config{Version: gate.Version, Defaults: gate.Defaults{Mode: gate.Manual}}.JSON()
	if err != nil {
		return nil, err
	}
	err = f.shelf.PushConfig(ctx, gate.Push{Doc: string(text), How: "first configuration"})
	if errors.Is(err, gate.ErrConflict) { // somebody was faster, and knows better
		items[0].Action, items[0].Detail = Nothing, "somebody stored one meanwhile"
	} else if err != nil {
		return nil, err
	}
	items[0].Done = true
	return items, nil
}
