throw new Error('import-oops')
