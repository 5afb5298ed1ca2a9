package rings

import (
	"context"
	"fmt"
	"strings"

	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

// mostShown bounds how many doubts a notice names.
const mostShown = 3

// Doubt keeps a control in its ring because of a run: a dispute, an undo, or something that takes its fixes back. It
// ends with a later fix of the same work that holds, or with a person's word. Where there are no rings it is no matter.
func (r *Rings) Doubt(ctx context.Context, of *run.Run, why string) error {
	config, err := r.Configured(ctx)
	if err == nil && config.Rings == nil {
		return nil
	}
	// A configuration that cannot be read is no reason to forget it, nor to let an undo wait.
	return r.Book.Doubt(ctx, of.Key, fmt.Sprintf("%s, on %s in %s", why, of.Key.Resource, of.Key.Account), r.Now())
}

// Doubted is Doubt of what must not wait for it: that it could not be kept is noted.
func (r *Rings) Doubted(ctx context.Context, of *run.Run, why string) {
	if err := r.Doubt(ctx, of, why); err != nil {
		r.Audit.Run(ctx, r.Now(), audit.NotCounted, of, err)
	}
}

// waits tells people, once, that a control would move on and does not because of what speaks against it.
func (r *Rings) waits(ctx context.Context, of *run.Run, stage gate.Stage, n int, doubts []string) {
	shown := doubts[:min(len(doubts), mostShown)]
	more := ""
	if left := len(doubts) - len(shown); left > 0 {
		more = fmt.Sprintf(" and %d more", left)
	}
	r.People.OnceUntil(ctx, "ring-waits#"+of.Key.Control+"#"+stage.Stamp(), r.Now().Add(toldFor), r.titled(notice.Notice{
		Kind: notice.RingWaits, Control: of.Key.Control, Who: "Salve itself", Actor: Owner, When: r.Now(),
		Why: fmt.Sprintf("%s in ring %s have held, and it would move on to ring %s. This speaks against it: %s%s.",
			plain.Count(n, "fix"), stage.Ring, stage.Next, strings.Join(shown, "; "), more),
		ToDo: "salve rings list --control " + of.Key.Control + ", then salve rings advance " + of.Key.Control +
			" --yes if it is nothing",
	}))
}

// titled is a notice with what its control asks for.
func (r *Rings) titled(n notice.Notice) notice.Notice {
	if c, ok := r.People.Controls.Get(n.Control); ok {
		n.Title, n.Severity = c.Title, string(c.Severity)
	}
	return n
}
