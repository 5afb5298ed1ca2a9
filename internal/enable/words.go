package enable

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// wrap says what was being done; no error stays none.
func wrap(doing string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// with lists what comes with something: ", with A, B".
func with(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return ", with " + strings.Join(slices.Sorted(slices.Values(names)), ", ")
}

// without are those of wanted that are not there.
func without(wanted, there []string) []string {
	return slices.DeleteFunc(slices.Clone(wanted), func(name string) bool { return slices.Contains(there, name) })
}

// enrolled are the accounts in a state, sorted.
func enrolled(there map[string]string, on string) []string {
	var accounts []string
	for _, account := range slices.Sorted(maps.Keys(there)) {
		if there[account] == on {
			accounts = append(accounts, account)
		}
	}
	return accounts
}
