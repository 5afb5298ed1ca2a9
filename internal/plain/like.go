package plain

import (
	"path"
	"strings"
)

// Like tells that an id is meant by a name, or by a pattern such as S3.*, in any case of letters. A pattern that is
// none means nothing.
func Like(name, id string) bool {
	ok, err := path.Match(strings.ToLower(name), strings.ToLower(id))
	return ok && err == nil
}
