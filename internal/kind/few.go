package kind

import (
	"fmt"
	"slices"
	"strings"
)

// fewest is how many of many a sentence names.
const fewest = 3

// Few names some of many in a sentence, in their order: the first three, and how many more there are.
func Few(all []string) string {
	sorted := slices.Sorted(slices.Values(all))
	if more := len(sorted) - fewest; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(sorted[:fewest], ", "), more)
	}
	return strings.Join(sorted, ", ")
}
