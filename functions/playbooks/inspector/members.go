package inspector

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/inspector2"
	"github.com/aws/aws-sdk-go-v2/service/inspector2/types"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// atOnce is how many accounts Inspector tells of in one call.
const atOnce = 100

// members refuses where the account administers others and one of them is not scanned: AWS fails the administrator's
// control for it, which the account's own scans cannot mend. Source: Security Hub user guide, Inspector controls.
func (r row) members(ctx context.Context, client *inspector2.Client, account string) error {
	pages := inspector2.NewListMembersPaginator(client, &inspector2.ListMembersInput{OnlyAssociated: aws.Bool(true)})
	var all []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if fault.Of(err) == fault.Denied && !strings.Contains(err.Error(), "not authorized to perform") {
			return nil // Inspector's own word to who administers nobody; IAM's is another
		}
		if err != nil {
			return err
		}
		for _, m := range page.Members {
			if id := aws.ToString(m.AccountId); id != account {
				all = append(all, id)
			}
		}
	}
	var without []string
	for some := range slices.Chunk(all, atOnce) {
		out, err := client.BatchGetAccountStatus(ctx, &inspector2.BatchGetAccountStatusInput{AccountIds: some})
		if err != nil {
			return err
		}
		without = append(without, r.without(some, out.Accounts)...)
	}
	if len(without) == 0 {
		return nil
	}
	return fault.New(fault.Refused, "have Inspector scan %s of the members %s, or take suspended ones out: AWS "+
		"fails the control while one of them is not scanned, whatever this account has itself", r.what, kind.Few(without))
}

// without are those of some members that are not scanned, or of which nobody can tell.
func (r row) without(some []string, told []types.AccountState) []string {
	left := slices.Clone(some)
	for _, a := range told {
		if scans, wanted := scansOf(a.ResourceState), r.wants[len(r.wants)-1]; scans[wanted] {
			left = slices.DeleteFunc(left, func(id string) bool { return id == aws.ToString(a.AccountId) })
		}
	}
	return left
}
