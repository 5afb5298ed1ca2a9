package sweep

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/notice"
)

// remindBefore are the days before the last day on which people are reminded of an exception, the latest first.
func remindBefore() []int { return []int{2, 14} }

// remindAtOnce bounds the mails of one look; the rest is told of an hour later.
const remindAtOnce = 20

// ending reminds people of exceptions that end soon: fourteen days before, and two. Whoever renews one hears no more of
// the old one's end.
func (s *Sweeper) ending(ctx context.Context) error {
	if s.Excepted == nil {
		return nil
	}
	all, err := s.Excepted(ctx)
	if err != nil {
		return err
	}
	now, told := s.Now(), 0
	for _, e := range all {
		days, soon := endsSoon(e, now)
		if !soon || renewed(e, all) {
			continue
		}
		if told++; told > remindAtOnce {
			return nil
		}
		s.People.OnceUntil(ctx, endingKey(e, days), e.Ends().AddDate(0, 0, 1), reminder(e, now))
	}
	return nil
}

// endsSoon tells that people are to be reminded, and of which of the days it is.
func endsSoon(e gate.Exception, now time.Time) (days int, soon bool) {
	if !e.Active(now) || e.Ends().IsZero() {
		return 0, false
	}
	for _, days := range remindBefore() {
		if !now.Before(e.Ends().AddDate(0, 0, -days)) {
			return days, true
		}
	}
	return 0, false
}

// renewed tells that another exception protects the same for longer.
func renewed(e gate.Exception, all []gate.Exception) bool {
	return slices.ContainsFunc(all, func(other gate.Exception) bool {
		return strings.EqualFold(other.Control, e.Control) && other.Resource == e.Resource && other.Account == e.Account &&
			(other.Ends().IsZero() || other.Ends().After(e.Ends()))
	})
}

// endingKey is what a reminder goes by, once: the exception, and which reminder it is.
func endingKey(e gate.Exception, days int) string {
	what := strings.Join([]string{e.LastDay(), strings.ToLower(e.Control), e.Account, e.Resource}, "#")
	return fmt.Sprintf("exception-ends#%d#%s", days, what)
}

// reminder is what people are told.
func reminder(e gate.Exception, now time.Time) notice.Notice {
	list := "salve exceptions list"
	if !e.Several() {
		list += " --control " + e.Control
	}
	return notice.Notice{
		Kind: notice.Ending, Control: e.Control, Account: e.Account, Resource: e.Resource, When: now, Until: e.Ends(),
		Why: e.Sentence() + ".", ToDo: list + " shows it. Renew it with salve exceptions add, or let it end.",
	}
}
