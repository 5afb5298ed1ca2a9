package ledger

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// fields reads attributes of an item. One that is not there is the zero value; one
// that is there and is something else than expected is an error, which is kept:
// what cannot be read may say that nothing must be done.
type fields struct {
	item values
	errs []error
}

func (f *fields) err() error { return errors.Join(f.errs...) }

func (f *fields) wrong(name, want string) {
	f.errs = append(f.errs, fmt.Errorf("%s: attribute %q is not %s", stringOf(f.item["pk"]), name, want))
}

// text reads a text.
func (f *fields) text(name string) string {
	v, there := f.item[name]
	s, ok := v.(*types.AttributeValueMemberS)
	if there && !ok {
		f.wrong(name, "a text")
	}
	if !ok {
		return ""
	}
	return s.Value
}

// seconds reads a whole number.
func (f *fields) seconds(name string) int64 {
	v, there := f.item[name]
	if !there {
		return 0
	}
	if n, ok := v.(*types.AttributeValueMemberN); ok {
		if i, err := strconv.ParseInt(n.Value, 10, 64); err == nil {
			return i
		}
	}
	f.wrong(name, "a whole number")
	return 0
}

// texts reads a list of texts.
func (f *fields) texts(name string) []string {
	v, there := f.item[name]
	if !there {
		return nil
	}
	list, ok := v.(*types.AttributeValueMemberL)
	if !ok {
		f.wrong(name, "a list")
		return nil
	}
	var out []string
	for _, v := range list.Value {
		s, ok := v.(*types.AttributeValueMemberS)
		if !ok {
			f.wrong(name, "a list of texts")
			return nil
		}
		out = append(out, s.Value)
	}
	return out
}
