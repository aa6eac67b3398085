#include "daemon/index/problem.h"
#include "workflow/base/path.h"

#include <string.h>

const char *imp_problem_advice(ImpProblem problem, const char *path)
{
    switch (problem) {
    case IMP_PROBLEM_LINK:
        return "a symbolic link or a submodule stands where an article should be; commit the text "
               "itself";
    case IMP_PROBLEM_PATH:
        if (!imp_path_problem(path, strlen(path)))
            return "its name, or a folder's above it, appears twice in the tree, so that programs "
                   "read different texts; commit it again with git itself";
        return "the path has control characters, is not UTF-8, or ends in @ and hex digits; rename "
               "the file";
    case IMP_PROBLEM_PATH_COLLISION:
        return "the path differs from an article's only by letter case or Unicode normalization; "
               "rename the file";
    default:
        return NULL;
    }
}
