package labtest

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/run"
	"github.com/salve-security/salve/internal/wire"
)

// items are all items of the ledger.
func (w *world) items(t *testing.T) []map[string]types.AttributeValue {
	t.Helper()
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(w.Root(w.Hub())), &dynamodb.ScanInput{
		TableName: &w.settings.Table,
	})
	var items []map[string]types.AttributeValue
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, page.Items...)
	}
	return items
}

// empty removes what an earlier test left in the ledger.
func (w *world) empty(t *testing.T) {
	t.Helper()
	client := dynamodb.NewFromConfig(w.Root(w.Hub()))
	for _, item := range w.items(t) {
		_, err := client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
			TableName: &w.settings.Table, Key: map[string]types.AttributeValue{"pk": item["pk"], "sk": item["sk"]},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// locks are the resources that a run holds now.
func (w *world) locks(t *testing.T) []string {
	t.Helper()
	var locks []string
	for _, item := range w.items(t) {
		if pk, ok := item["pk"].(*types.AttributeValueMemberS); ok && strings.HasPrefix(pk.Value, "lock#") {
			locks = append(locks, pk.Value)
		}
	}
	return locks
}

// runs are all runs, the oldest first.
func (w *world) runs(t *testing.T) []*run.Run {
	t.Helper()
	book := wire.Ledger(w.Root(w.Hub()), w.settings)
	var runs []*run.Run
	for _, item := range w.items(t) {
		pk, _ := item["pk"].(*types.AttributeValueMemberS)
		id, ok := strings.CutPrefix(pk.Value, "run#")
		if !ok {
			continue
		}
		r, err := book.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, r)
	}
	slices.SortFunc(runs, func(a, b *run.Run) int { return strings.Compare(a.ID, b.ID) })
	return runs
}

// written are the writes that Salve's sessions got through, since the journal was cleared.
func (w *world) written() []lab.Entry {
	var entries []lab.Entry
	for _, e := range w.Calls(0) {
		// A dropped call was carried out, only its answer was lost.
		done := e.Status >= 200 && e.Status < 300 && e.Fault == "" || e.Fault == lab.FaultDrop
		if e.Write && done && strings.Contains(e.Principal, ":assumed-role/") {
			entries = append(entries, e)
		}
	}
	return entries
}

// puts counts Salve's writes to a bucket.
func (w *world) puts(bucket string) int {
	n := 0
	for _, e := range w.written() {
		if e.Service == "s3" && strings.HasSuffix(e.Resource, ":"+bucket) {
			n++
		}
	}
	return n
}
