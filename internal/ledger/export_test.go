package ledger

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
)

// ItemOfClosed is the item of a closed run, for tests that need many of them.
func ItemOfClosed(r *run.Run) (map[string]types.AttributeValue, error) {
	item, err := whole(r)
	delete(item, names.DueShard)
	delete(item, names.DueAt)
	return item, err
}
