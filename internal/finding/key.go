package finding

import (
	"cmp"
	"regexp"
	"strings"

	"github.com/salve-security/salve/internal/names"
)

// API is one of the two APIs of Security Hub that findings are read and written with.
type API string

// The APIs.
const (
	ASFF API = "asff" // GetFindings, BatchUpdateFindings
	OCSF API = "ocsf" // GetFindingsV2, BatchUpdateFindingsV2
)

// Key is the identity of a finding. The Id alone is none: whoever may import findings chooses it, also that of
// somebody else's finding, but neither another's product nor another's account.
type Key struct {
	API        API    `json:"api"`
	ID         string `json:"id"`
	ProductArn string `json:"product_arn"`
	Account    string `json:"account"` // 12 digits, the member's
}

// String is the key as one text. The id is last, since only it may hold spaces.
func (k Key) String() string {
	return strings.Join([]string{string(k.API), k.Account, k.ProductArn, k.ID}, " ")
}

// Compare orders keys for lists.
func (k Key) Compare(o Key) int {
	return cmp.Or(cmp.Compare(k.ID, o.ID), cmp.Compare(k.Account, o.Account), cmp.Compare(k.ProductArn, o.ProductArn),
		cmp.Compare(k.API, o.API))
}

// controlProduct is the product that Security Hub's own controls report under, in either API.
var controlProduct = regexp.MustCompile(`^arn:aws[a-z-]*:securityhub:[a-z0-9-]+::product(v2)?/aws/securityhub$`)

// ControlProduct is the product that Security Hub's own controls report under in a Region.
func ControlProduct(region string) string {
	return "arn:" + names.PartitionOf(region) + ":securityhub:" + region + "::product/aws/securityhub"
}

// Source is what reported a finding with this key.
func (k Key) Source() Source {
	if controlProduct.MatchString(k.ProductArn) {
		return FromControl
	}
	return FromProduct
}
