package main

import (
	"bufio"
	"os"
	"strings"

	"github.com/salve-security/salve/internal/plain"
)

// consent is the flag that answers what a command would ask.
type consent struct {
	Yes bool `help:"Do not ask, where it lets Salve do more than before."`
}

// asks shows a person on a terminal what a command would do, and tells whether somebody was asked, and agreed. Where
// nobody can answer nobody has agreed.
func (a *app) asks(what func(), question string) (asked, agreed bool) {
	if !terminal(os.Stdin) || !terminal(a.err) {
		return false, false
	}
	out := a.out
	a.out = a.err // what is shown to answer a question is no data
	what()
	a.out = out
	printf(a.err, "%s [y/N] ", plain.Short(question, maxSentence))
	answer, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil {
		printf(a.err, "\n") // no answer has ended the line
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return true, err == nil && (answer == "y" || answer == "yes")
}

// notDone prints what would have been done, unless somebody has seen it, and ends as what still waits for a yes.
func (a *app) notDone(v any, seen bool, what func(), instead string) error {
	err := a.data(v, func() {
		if !seen {
			what()
		}
		a.say("%s", instead)
	})
	if err != nil {
		return err
	}
	return exit(exitPending)
}
