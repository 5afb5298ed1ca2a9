package enginetest

import (
	"context"
	"maps"
	"slices"

	"github.com/salve-security/salve/internal/control"
)

// Inbox is the mail of a person who is asked to confirm subscriptions, and does when she finds the time.
type Inbox struct {
	Confirmed bool // she has, whatever she was or will be asked
	Mails     int
}

// post is a bell, the line that it rings on, and who has confirmed to be rung.
type post struct{ Bells, Lines, Subscriptions map[string]string }

const (
	bell = "RootUsage"
	line = "alarms"
)

func readPost(ctx context.Context, env control.Env) (post, error) {
	out := post{Bells: map[string]string{}, Lines: map[string]string{}, Subscriptions: map[string]string{}}
	rings, err := Read[string](ctx, env, "Post", "Bell")
	if err != nil {
		return post{}, err
	}
	if rings != nil {
		out.Bells[bell] = *rings
	}
	name, err := Read[string](ctx, env, "Post", "Line")
	if err != nil {
		return post{}, err
	}
	if name != nil {
		out.Lines[*name] = "open"
	}
	asked, err := Read[[]string](ctx, env, "Post", "Subscriptions")
	if err != nil || asked == nil {
		return out, err
	}
	if s, _ := env.Config.Credentials.(*session); s.world.Inbox.Confirmed {
		for _, who := range *asked {
			out.Subscriptions[who] = "confirmed"
		}
	}
	return out, nil
}

func ring(now post, env control.Env) (post, error) {
	who := env.Params.Text("subscribe")
	want := post{
		Bells: map[string]string{bell: line}, Lines: map[string]string{line: "open"},
		Subscriptions: map[string]string{who + " to " + line: "confirmed"},
	}
	maps.Copy(want.Bells, now.Bells)
	maps.Copy(want.Lines, now.Lines)
	maps.Copy(want.Subscriptions, now.Subscriptions)
	return want, nil
}

func writePost(ctx context.Context, env control.Env, _, to post) error {
	for name := range to.Lines {
		if err := Write(ctx, env, "Post", "Line", &name); err != nil {
			return err
		}
	}
	if err := subscribe(ctx, env, slices.Sorted(maps.Keys(to.Subscriptions))); err != nil {
		return err
	}
	var rings *string
	if on, ok := to.Bells[bell]; ok {
		rings = &on
	}
	return Write(ctx, env, "Post", "Bell", rings)
}

// subscribe asks each of them once.
func subscribe(ctx context.Context, env control.Env, who []string) error {
	old, err := Read[[]string](ctx, env, "Post", "Subscriptions")
	if err != nil {
		return err
	}
	var asked []string
	if old != nil {
		asked = *old
	}
	s, _ := env.Config.Credentials.(*session)
	for _, one := range who {
		if !slices.Contains(asked, one) {
			asked = append(asked, one)
			s.world.Inbox.Mails++
		}
	}
	return Write(ctx, env, "Post", "Subscriptions", &asked)
}

// Bell tells whether the member has a bell and a line that it rings on, and who was asked.
func (w *World) Bell() (bell, line bool, asked []string) {
	id := Account().Resource
	if all := setting[[]string](w, id, "Subscriptions"); all != nil {
		asked = *all
	}
	return setting[string](w, id, "Bell") != nil, setting[string](w, id, "Line") != nil, asked
}
